"""authorized_keys, known_hosts and ssh_config: one line or block of ours in each, everything else as it is.

Source: sshd(8) (AUTHORIZED_KEYS and SSH_KNOWN_HOSTS FILE FORMAT), ssh_config(5).
"""

import re

from tui_installer.formats.text import FormatError, decode, encode, one_line, split_lines

_WORD = re.compile(r"[\w.+/=:@,-]+\Z", re.ASCII)


def public_key(content: bytes) -> str:
    """Type and key of a .pub file: "ssh-ed25519 AAAA...". Raises `FormatError`."""
    words = decode(content).split()
    if len(words) < 2 or not all(_WORD.match(word) for word in words[:2]):
        raise FormatError(1, "found no public key; a type and a key are accepted")
    return " ".join(words[:2])


def authorize(content: bytes, key: str, addresses: tuple[str, ...], command: str, comment: str) -> bytes:
    """`content` in which this key may do this command alone, from these addresses; an older line of it is replaced."""
    options = f'restrict,from="{",".join(map(_word, addresses))}",command="{_word(command)}"'
    return _with_line(content, key.split()[1], one_line(f"{options} {key} {comment}", "the key"))


def refuse(content: bytes, key: str) -> bytes:
    """`content` without the lines of this key."""
    return _with_line(content, key.split()[1], "")


def know(content: bytes, name: str, key: str) -> bytes:
    """`content` in which a host of this name has this key alone; an empty key: none."""
    return _with_line(content, _word(name), f"{name} {key}" if key else "")


def _with_line(content: bytes, word: str, line: str) -> bytes:
    """`content` with the line instead of those that have the word; an empty line: without them."""
    lines = split_lines(decode(content))
    kept = [each for each in lines if word not in each.split()]
    same = [each for each in lines if word in each.split()]
    if line and same == [f"{line}\n"]:
        return content
    if line and kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return encode("".join([*kept, f"{line}\n"] if line else kept))


def with_host(content: bytes, name: str, options: tuple[tuple[str, str], ...]) -> bytes:
    """`content` (of ours: it has only such blocks) in which `Host NAME` has these options; none: without the block."""
    text = decode(content)
    block = (
        f"Host {_word(name)}\n" + "".join(f"    {key} {_word(value)}\n" for key, value in options) if options else ""
    )
    pattern = re.compile(rf"(?m)^Host {re.escape(name)}\n(?:[ \t]+.*\n)*")
    if pattern.search(text):
        return encode(pattern.sub(lambda _: block, text, count=1))
    return encode(text + block)


def _word(text: str) -> str:
    if not _WORD.match(text):
        raise FormatError(0, f"found {text!r}; one plain word is accepted")
    return text
