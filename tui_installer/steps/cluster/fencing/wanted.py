"""How this host is to be fenced, made of the answers."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.formats.fencing import FenceDevice, FenceUse, Method
from tui_installer.steps.cluster.fencing.lacks import lacking
from tui_installer.steps.cluster.fencing.scheme import (
    ADDRESS,
    IDENTITY,
    LOGIN,
    PASSWORD,
    Fenced,
    FenceQuery,
    Part,
    given,
    parts,
    target,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How this host is to be fenced."""

    methods: tuple[Method, ...] = ()
    device: FenceDevice | None = None
    """One of its own that has to be listed; None: none."""


def wanted(fenced: Fenced, asked: FenceQuery) -> Wanted:
    """How this host is to be fenced; not at all while something lacks."""
    if not asked.fence or any(lacking(fenced, asked)):
        return Wanted()
    found = parts(fenced, asked)
    own = _own(fenced, asked, found)
    listed = fenced.device(asked.fence) is not None
    return Wanted(_methods(asked, found), None if listed or own is None else own)


def _own(fenced: Fenced, asked: FenceQuery, found: tuple[Part, ...]) -> FenceDevice | None:
    """The device of this host's own that is named; None: those of the model are shared, and one of them is."""
    there = fenced.device(asked.fence)
    if any(part.device.name == asked.fence and not part.owner for part in found):
        return None
    if there is not None:
        return there
    model = next((part.device for part in found if part.owner), FenceDevice("", ""))
    known, keys = dict(model.settings), {*model.settings, *model.secrets}
    where, who, secret = (_key(names, {key for key, _ in keys}) for names in (ADDRESS, LOGIN, PASSWORD))
    identity = {where: asked.at, **({who: asked.login} if asked.login else {})}
    others = {key: value for key, value in known.items() if key not in (*IDENTITY, *LOGIN, "delay")}
    secrets = ((secret, asked.password.value),) if asked.password else ()
    return FenceDevice(asked.fence, asked.agent or model.agent, tuple({**identity, **others}.items()), secrets)


def _key(names: tuple[str, str], known: set[str]) -> str:
    """How the others' devices call a parameter; the old name, which all agents take, where they do not say."""
    return next((name for name in names if name in known), names[1])


def _methods(asked: FenceQuery, found: tuple[Part, ...]) -> tuple[Method, ...]:
    if not found or not any(part.owner or part.device.name == asked.fence for part in found):
        return (Method("1", (FenceUse(asked.fence, given(asked, found, asked.fence)),)),)
    names = dict.fromkeys(part.method for part in found)
    return tuple(
        Method(name, tuple(_use(asked, found, part) for part in found if part.method == name)) for name in names
    )


def _use(asked: FenceQuery, found: tuple[Part, ...], part: Part) -> FenceUse:
    name = target(asked, part)
    mine = dict(given(asked, found, name))
    settings = {**{key: mine[key] for key in part.asked if key in mine}, **dict(part.carried), **mine}
    return FenceUse(name, tuple(settings.items()))
