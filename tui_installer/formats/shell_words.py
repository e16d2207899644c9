"""Where the assignments of a shell file are: a scanner of words, quotes, here-documents and compound commands.

It follows the POSIX shell grammar as far as /etc/default/* and /etc/default/grub.d/* need it, and never runs anything.
"""

import re
from typing import NamedTuple

from tui_installer.formats.text import FormatError, line_of

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?=)")
_LINE = re.compile(r"([A-Za-z_]\w*)=([^\s;&|<>()\\$`'\"]*)\n")
_PLAIN = re.compile(r"[^\s;&|<>()\\$`'\"]*")
_BLANKS = re.compile(r"[ \t\r\n]*")
_OPENING = {"if", "case", "for", "while", "until", "select", "{"}
_CLOSING = {"fi", "esac", "done", "}"}
_KEEP_PLACE = {"then", "else", "elif", "do", "!", "time"}
_DECLARING = {"export", "readonly"}


class Assignment(NamedTuple):
    """One `NAME=word`: offsets of the name, of the word and of its end, and whether it is made in every case."""

    key: str
    start: int
    value: int
    end: int
    always: bool


def closing(text: str, at: int, mark: str) -> int:
    """Offset after the `mark` (quote, backtick, `)` or `}`) that ends what was opened at `at`."""
    here = at + (2 if mark in ")}" else 1)
    while here < len(text):
        if text[here] == mark:
            return here + 1
        here = here + 1 if mark == "'" else _step(text, here, mark)
    opened = text[at]
    raise FormatError(line_of(text, at), f"{opened!r} is never closed; a matching {mark!r} is accepted")


def _step(text: str, here: int, within: str) -> int:
    """Offset after the character, escape, quote or expansion at `here`."""
    if text[here] == "\\":
        return here + 2
    if text[here] == "$" and text[here + 1 : here + 2] in ("(", "{"):
        return closing(text, here, ")" if text[here + 1] == "(" else "}")
    if text[here] == "(" and within == ")":
        return closing(text, here - 1, ")")
    quotes = ('"', "`") if within in ('"', "`") else ('"', "`", "'")
    if text[here] in quotes and text[here] != within:
        return closing(text, here, text[here])
    return here + 1


def word_end(text: str, at: int) -> int:
    """Offset after the shell word that begins at `at`."""
    here = _after(_PLAIN, text, at)
    while here < len(text) and text[here] not in " \t\n;&|<>()" and text[here : here + 2] != "\r\n":
        here = _after(_PLAIN, text, _step(text, here, ""))
    return min(here, len(text))


def _after(what: re.Pattern[str], text: str, at: int) -> int:
    """Offset after what there is of it at `at`."""
    match = what.match(text, at)
    return match.end() if match else at


class _Scan:
    """The state of one pass: which compound commands are open, and the assignments of the present command."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Assignment] = []
        self.pending: list[Assignment] = []
        self.open: list[str] = []
        self.heredocs: list[tuple[str, bool]] = []
        self.command = self.declaring = self.linked = False

    def line(self, at: int) -> int:
        """Take a line that is one assignment of a plain word, as most are; returns the offset after it, or `at`."""
        begun = self.command or self.declaring or self.pending or self.heredocs
        if begun or not (match := _LINE.match(self.text, at)):
            return at
        always = not self.open and not self.linked
        self.found.append(Assignment(match[1], at, match.start(2), match.end(2), always))
        self.linked = False
        return match.end()

    def end_command(self, linked: bool = False) -> None:
        """The command is complete: its assignments count unless a command word followed them."""
        self.found += [] if self.command else self.pending
        self.pending, self.command, self.declaring, self.linked = [], False, False, linked

    def word(self, at: int) -> int:
        """Take the word at `at`; returns the offset after it."""
        end = word_end(self.text, at)
        word = self.text[at:end]
        match = _ASSIGNMENT.match(word)
        if match and (self.declaring or not self.command):
            always = not self.open and not self.linked and match[2] == "="
            self.pending.append(Assignment(match[1], at, at + match.end(), end, always))
        elif not self.command and not self.pending and word in _OPENING | _CLOSING | _KEEP_PLACE | _DECLARING:
            self._keyword(word)
        elif not self.declaring:
            self.command = True
        return end

    def _keyword(self, word: str) -> None:
        self.declaring = word in _DECLARING
        if word in _OPENING:
            self.open.append(word)
            self.command = word in ("case", "for", "select")
        elif word in _CLOSING and self.open:
            self.open.pop()

    def operator(self, at: int) -> int:
        """Take `;`, `&`, `|`, a parenthesis or a redirection; returns the offset after it."""
        two = self.text[at : at + 2]
        if two in ("&&", "||", ";;"):
            self.end_command(linked=two != ";;")
            return at + 2
        if self.text[at] in "<>":
            return self._redirection(at)
        if self.text[at] == "(":
            self.open.append("(")
        elif self.text[at] == ")" and self.open and self.open[-1] == "(":
            self.open.pop()
        self.end_command(linked=self.text[at] == "|")
        return at + 1

    def _redirection(self, at: int) -> int:
        match = re.compile(r"(<<-?(?!<)|[<>]+[&|]?)[ \t]*").match(self.text, at)
        assert match is not None
        end = word_end(self.text, match.end())
        if match[1].startswith("<<") and match[1] != "<<<":
            mark = re.sub(r"[\\'\"]", "", self.text[match.end() : end])
            self.heredocs.append((mark, match[1] == "<<-"))
        return max(end, at + 1)

    def newline(self, at: int) -> int:
        """End the command, and skip the here-documents that it announced, and blank lines."""
        self.end_command(linked=self.linked and not (self.command or self.pending))
        here = at + 1
        for mark, tabs in self.heredocs:
            pattern = re.compile(rf"^{chr(9) + '*' if tabs else ''}{re.escape(mark)}\r?(?:\n|\Z)", re.M)
            if not (match := pattern.search(self.text, here)):
                line = line_of(self.text, at)
                raise FormatError(line, f"the here-document is never closed; a line {mark!r} is accepted")
            here = match.end()
        self.heredocs = []
        return _after(_BLANKS, self.text, here)


def assignments(text: str) -> list[Assignment]:
    """All assignments in file order. FormatError, with its line, at a quote or here-document that is never closed."""
    scan, here = _Scan(text), 0
    while here < len(text):
        if (after := scan.line(here)) > here:
            here = after
        elif text[here] == "\n":
            here = scan.newline(here)
        elif text[here] == "#":
            end = text.find("\n", here)
            here = len(text) if end < 0 else end
        elif text[here] in ";&|()<>":
            here = scan.operator(here)
        elif text[here] in " \t\r" or text[here : here + 2] == "\\\n":
            here += 2 if text[here] == "\\" else 1
        else:
            here = scan.word(here)
    scan.end_command()
    return scan.found
