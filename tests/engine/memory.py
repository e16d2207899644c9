"""A host in memory and two tiny steps: enough of a world to see the engine work."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui_installer.hosts.host import File, Host, HostError, Link, Login, LoginError, OnLine, Result
from tui_installer.model.answers import Secret, ask
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Problem, Step

Tool = Callable[["MemoryHost", tuple[str, ...]], tuple[int, str, str]]


class MemoryHost:
    """Files in a dictionary, tools as functions."""

    def __init__(self, name: str = "here", **tools: Tool) -> None:
        self.name = name
        self.files: dict[str, File] = {}
        self.ran: list[tuple[str, ...]] = []
        self.tools = tools

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.ran.append(argv)
        if argv[0] == "true":
            return Result(argv, "exited", 0, "", "")
        if argv[0] not in self.tools:
            return Result(argv, "absent", None, "", "")
        code, out, err = self.tools[argv[0]](self, argv)
        for line in out.splitlines():
            if on_line:
                on_line(line)
        return Result(argv, "exited", code, out, err)

    def read(self, path: str) -> File | None:
        return self.files.get(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        folders = {path.rsplit("/", count)[0] for path in self.files for count in range(1, path.count("/"))}
        return tuple(sorted(fnmatch.filter([*self.files, *folders], pattern)))

    def write(self, path: str, file: File | None) -> None:
        if file is None:
            self.files.pop(path, None)
        else:
            self.files[path] = file

    def links(self) -> tuple[Link, ...]:
        return ()


class NoDialer:
    """Nobody answers."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        return ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        raise LoginError("unreachable", (f"{login.address}: no route",))


@dataclass(frozen=True, slots=True)
class SiteAnswers:
    peer: str = ask("Member")


class TinySite(Step[Site, SiteAnswers]):
    """A site that knows nothing."""

    id = "site"
    title = "Site"
    asks = SiteAnswers

    def probe(self, ctx: Context, site: Site, answers: SiteAnswers) -> Site:
        return Site()

    def plan(self, facts: Site, site: Site, answers: SiteAnswers) -> Iterator[Change]:
        yield from ()

    def shown(self, facts: Site, site: Site) -> dict[str, str]:
        return {"Members": "none"}


@dataclass(frozen=True, slots=True)
class MotdAnswers:
    text: str = ask("Text", "What is to be said")
    password: Secret = ask("Password", default=Secret())
    confirm: str = ask("Sure")


@dataclass(frozen=True, slots=True)
class MotdFacts:
    file: File | None
    loaded: bool


MOTD = "/etc/motd.d/note"


class Motd(Step[MotdFacts, MotdAnswers]):
    """Writes a file and has it loaded."""

    id = "motd"
    title = "Message of the day"
    asks = MotdAnswers
    single_use = ("confirm",)
    modules = ("note_tcp", "note")

    def probe(self, ctx: Context, site: Site, answers: MotdAnswers) -> MotdFacts:
        if answers.text == "unreachable":
            raise HostError("the host does not answer")
        return MotdFacts(ctx.here.read(MOTD), ctx.here.run("loaded").code == 0)

    def plan(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Change]:
        wanted = File(f"{answers.text}\n".encode(), 0o600)
        if facts.file != wanted:
            reload = Run("Reload", "here", ("reload",), within=3)
            edit = Edit("here", MOTD, facts.file, wanted)
            yield WriteFiles(
                "Write the message", (edit,), then=(reload,), confirm=0.3 if answers.text == "risky" else 0
            )
        if not facts.loaded:
            yield Run("Load it", "here", ("load",), within=3, undo=(Run("Unload it", "here", ("unload",)),))

    def problems(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Problem]:
        if not answers.text:
            yield Problem("motd.no-text", "There is no text.", hint="Give one.", level="ask")

    def shown(self, facts: MotdFacts, site: Site) -> dict[str, str]:
        return {"Message": facts.file.content.decode() if facts.file else "none"}


def motd_host(**more: Tool) -> MemoryHost:
    """A host on which the message can be loaded; what is loaded is a file, so that it is part of its state."""

    def load(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        host.files["/run/motd/loaded"] = File()
        return 0, "loading\nloaded\n", ""

    def unload(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        host.files.pop("/run/motd/loaded", None)
        return 0, "", ""

    def loaded(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        return (0 if "/run/motd/loaded" in host.files else 1), "", ""

    def good(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        return 0, "", ""

    tools: dict[str, Tool] = {"load": load, "unload": unload, "loaded": loaded, "reload": good, "rmdir": good, **more}
    return MemoryHost("here", **tools)
