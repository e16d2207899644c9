"""What a look is going to ask a host behind ssh, asked ahead of it: many questions in one round trip.

Each answer is what the question alone would bring, taken in the same look; whoever asks what was not foreseen, or was
not answered, asks it by itself. So nothing depends on it but the time that a look takes on a slow line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from tui_installer.hosts.host import Result

WITHIN = 10
"""Seconds for all of them: those are asked that neither a disk nor a daemon can hold up."""
ASK = r"""
our_ask() {
    { our_err=$( { "$@" >&3; } 2>&1; echo ".$?"); } 3>&1
    printf '\n%s\n%s\n%s\n' "$our_mark" "$our_err" "$our_mark"
}
"""
"""our_ask COMMAND...: what it prints, a line with $our_mark, its errors and ".CODE", a line with the mark."""


class Ahead(NamedTuple):
    """Questions to a host, each as often as it is asked in a look."""

    files: tuple[str, ...] = ()
    """Paths: see `Host.read`."""
    patterns: tuple[str, ...] = ()
    """See `Host.list`."""
    many: tuple[tuple[str, ...], ...] = ()
    """Patterns each: see `Host.read_all`."""
    links: tuple[str, ...] = ()
    """Not empty: see `Host.links`."""
    quick: tuple[tuple[str, ...], ...] = ()
    """Commands that nothing holds up: see `Host.run`."""
    slow: tuple[tuple[str, ...], ...] = ()
    """Those that ask a daemon, or the storage: each by itself, and side by side."""

    @property
    def together(self) -> tuple[tuple[str, ...], ...]:
        """Those that go along in one round trip, each behind its kind ("read", "list", "read_all", "links",
        "run")."""
        return (
            *(("read", path) for path in self.files),
            *(("list", pattern) for pattern in self.patterns),
            *(("read_all", *patterns) for patterns in self.many),
            *((("links",),) if self.links else ()),
            *(("run", *argv) for argv in self.quick),
        )


NOTHING = Ahead()
Answers = Mapping[tuple[str, ...], object]
"""By question: what `read`, `list`, `read_all`, `links` or `run` would give."""


@runtime_checkable
class Far(Protocol):
    """A host to which each question is a journey."""

    def ahead(self, questions: Collection[tuple[str, ...]]) -> Answers:
        """Ask them all in one round trip; those are left out that must be asked by themselves. Raises `HostError`."""


def line(questions: Collection[tuple[str, ...]], mark: str, words: Callable[[tuple[str, ...]], str]) -> str:
    """What is typed; `words`: a question as the shell there is asked it."""
    return "; ".join((f"our_mark={mark}", *(f"our_ask {words(each)}" for each in questions)))


def understand(
    text: str, mark: str, questions: Collection[tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], Result]]:
    """The questions that were answered, each as a command that has ended."""
    parts = text.split(f"\n{mark}\n")
    for question, out, said in zip(questions, parts[0::2], parts[1::2], strict=False):
        err, _, code = said.rpartition(".")
        if code.isdigit():
            yield question, Result(question, "exited", int(code), out, err)
