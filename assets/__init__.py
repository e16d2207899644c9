"""Data of the program: the screens' style sheet, templates and runbook pages."""

from pathlib import Path


def template(name: str) -> str:
    """The text of a template, as in "corosync/san-volumes.service". Raises `OSError`."""
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")
