"""Data of the program: the screens' style sheet, templates, runbook pages and what looks ask."""

from pathlib import Path


def template(name: str) -> str:
    """The text of a template, as in "corosync/san-volumes.service". Raises `OSError`."""
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


def codes() -> list[str]:
    """The codes that have a page in the runbook, in order."""
    return sorted(path.stem for path in (Path(__file__).parent / "runbook").glob("*.md"))


def runbook(code: str) -> str:
    """The page of a problem's code, as in "iscsi.chap-refused". Raises `OSError`: there is none."""
    return (Path(__file__).parent / "runbook" / f"{Path(code).name}.md").read_text("utf-8")


def asked(stack: str) -> str:
    """What the looks of a stack ask, as JSON (`tui_installer.engine.foresight`). Raises `OSError`: it is not known."""
    return (Path(__file__).parent / "asked" / f"{Path(stack).name}.json").read_text("utf-8")
