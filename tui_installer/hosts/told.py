"""Unknown is not absent: fields whose values a host did not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from tui_installer.hosts.host import HostError

T = TypeVar("T")
C = TypeVar("C")


class _Told:
    """A field that holds a value, or why it is not known."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, of: object | None, owner: type[object]) -> Any:
        if of is None:
            return self
        value = of.__dict__[self._name]
        if isinstance(value, HostError):
            raise value
        return value

    def __set__(self, of: object, value: object) -> None:
        """Used by the dataclass's own `__init__` alone."""
        of.__dict__[self._name] = value


def may_be_untold(*names: str) -> Callable[[type[C]], type[C]]:
    """For a frozen dataclass without slots: reading one of these fields raises `HostError` if it was made with that.

    So what needs the value is unknown, and what does not need it goes on.
    """

    def prepared(of: type[C]) -> type[C]:
        for name in names:
            setattr(of, name, _Told(name))
        return of

    return prepared


def told(ask: Callable[[], T], by: str = "") -> T:
    """What was told, for a field that may be untold: then the reason stands for it, with the name of who was asked."""
    try:
        return ask()
    except HostError as error:
        return cast(T, HostError(f"{by}: {error}") if by else error)
