"""The tree of a script: commands, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui_installer.simulator.rhcs.shell.words import Word


@dataclass(slots=True)
class Redirect:
    """Where a stream goes to or comes from."""

    fd: int
    op: str
    """">", ">>", "<", ">&" or "<<" (the target is then the text itself)."""
    target: Word


@dataclass(slots=True)
class Simple:
    """A command with its words."""

    assigned: list[tuple[str, Word]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)


@dataclass(slots=True)
class Pipe:
    """Commands of which each reads what the one before it wrote."""

    commands: list[Node]
    negated: bool = False


@dataclass(slots=True)
class Chain:
    """Commands joined by && and ||."""

    first: Node
    rest: list[tuple[str, Node]]


@dataclass(slots=True)
class Block:
    """Commands one after the other."""

    commands: list[Node]


@dataclass(slots=True)
class If:
    """if, elif, else."""

    branches: list[tuple[Node, Node]]
    otherwise: Node | None = None


@dataclass(slots=True)
class Loop:
    """while, until or for."""

    kind: str
    name: str
    words: list[Word] | None
    condition: Node | None
    body: Node


@dataclass(slots=True)
class Case:
    """case WORD in PATTERN) ... esac."""

    word: Word
    branches: list[tuple[list[Word], Node]]


@dataclass(slots=True)
class Function:
    """A function's definition."""

    name: str
    body: Node


@dataclass(slots=True)
class Grouped:
    """{ ... }, ( ... ) or a compound command, with redirections of its own."""

    body: Node
    subshell: bool
    redirects: list[Redirect]


Node = Simple | Pipe | Chain | Block | If | Loop | Case | Function | Grouped
