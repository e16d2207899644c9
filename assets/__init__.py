"""Data of the program: the screens' style sheet, templates and runbook pages."""

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
