"""What all editors share: physical lines that keep their ends, lossless decoding, and the error they raise."""

import re


class FormatError(ValueError):
    """A file can't be read or edited; the text says what was found and what would be accepted.

    `line` is the 1-based number of the line it is about, 0 if it is about none.
    """

    def __init__(self, line: int, found: str) -> None:
        super().__init__(f"line {line}: {found}" if line else found)
        self.line = line


def decode(content: bytes) -> str:
    """Text of `content`; bytes which are not UTF-8 become lone surrogates that `encode` turns back."""
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` would read as `text`. FormatError if it holds what no file can hold."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise FormatError(0, f"{text[error.start : error.end]!r} is no character; Unicode text is accepted") from error


def split_lines(text: str) -> list[str]:
    """Physical lines with their ends; only a line feed ends a line, so joining them gives `text` back."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def body(line: str) -> str:
    """A physical line without its end (LF or CRLF)."""
    return line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line


def eol(text: str) -> str:
    """The line end of the file, judged by its first line; LF for a file without any."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def line_of(text: str, offset: int) -> int:
    """The 1-based number of the line which holds `offset`."""
    return text.count("\n", 0, offset) + 1


def one_line(value: str, what: str) -> str:
    """`value` itself; FormatError if it could not stand on one line."""
    if re.search(r"[\n\r\0]", value):
        raise FormatError(0, f"{what} {value!r} holds a line end or a NUL; text on one line is accepted")
    return value


def insert(text: str, index: int, lines: list[str]) -> str:
    """`text` with whole `lines` (given without ends) put before its physical line `index` (0-based)."""
    have, end = split_lines(text), eol(text)
    if have and index >= len(have) and not have[-1].endswith("\n"):
        have[-1] += end
    have[index:index] = [line + end for line in lines]
    return "".join(have)


def confirm(found: object, wanted: object, what: str) -> None:
    """Refuse an edit whose result does not read back as `wanted`."""
    if found != wanted:
        raise FormatError(0, f"{what} would read as {found!r}, not {wanted!r}; this file can't hold it")
