"""Two tiny steps, and a host in memory for them: enough of a world to see the engine work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.memory import MemoryHost, Tool
from tui_installer.hosts.host import File, HostError
from tui_installer.model.answers import Secret, ask
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Problem, Step


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
