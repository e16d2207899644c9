"""A step as DESIGN.md says under "Adding a step", and a stack of it as under "Adding a stack"; see `test_adding`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_installer.hosts.host import File
from tui_installer.model.answers import ask
from tui_installer.model.change import Change, Edit, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack, StackEntry, Subject
from tui_installer.model.step import Context, Problem, Step
from tui_installer.steps import subjects
from tui_installer.steps.site import SiteStep

MOTD = "/etc/motd"
NOTICE = Subject("notice", "Notice at login")


@dataclass(frozen=True, slots=True)
class NoticeAnswers:
    """What the operator is asked."""

    words: str = ask("Words", "What whoever logs in is told.")


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What whoever logs in is told now."""

    motd: File | None


class NoticeStep(Step[NoticeFacts, NoticeAnswers]):
    """Tells whoever logs in that this host belongs to a cluster."""

    id, title = NOTICE
    asks = NoticeAnswers

    def probe(self, ctx: Context, site: Site, answers: NoticeAnswers) -> NoticeFacts:
        """Read the file."""
        return NoticeFacts(ctx.here.read(MOTD))

    def with_defaults(self, facts: NoticeFacts, site: Site, answers: NoticeAnswers) -> NoticeAnswers:
        """The member's name."""
        member = site.witness.name if site.witness else ""
        return replace(answers, words=answers.words or f"In one cluster with {member}.")

    def plan(self, facts: NoticeFacts, site: Site, answers: NoticeAnswers) -> Iterator[Change]:
        """The line at the end of the file."""
        before = facts.motd or File()
        line = f"{answers.words}\n".encode()
        if line not in before.content and answers.words.isprintable():
            edit = Edit("here", MOTD, facts.motd, replace(before, content=before.content + line))
            yield WriteFiles("Tell whoever logs in", (edit,))

    def problems(self, facts: NoticeFacts, site: Site, answers: NoticeAnswers) -> Iterator[Problem]:
        """What a terminal must not be sent."""
        if not answers.words.isprintable():
            yield Problem("notice.words", "The words are not plain text.", hint="Give one line.", field="words")

    def shown(self, facts: NoticeFacts, site: Site) -> dict[str, str]:
        """The file's last line."""
        lines = facts.motd.content.decode().splitlines() if facts.motd else []
        return {"Told at login": lines[-1] if lines else "nothing"}


ENTRY = StackEntry(
    name="third",
    title="a third stack",
    subjects=(subjects.SITE, NOTICE),
    packages=("pacemaker",),
    is_told_by=lambda versions: "pacemaker" in versions,
    comes_with=lambda debian: False,
    hosts="Debian 13 (pacemaker)",
    load=lambda: Stack("third", "a third stack", (SiteStep(), NoticeStep()), suite="third"),
)
