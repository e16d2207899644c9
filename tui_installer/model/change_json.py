"""Changes as JSON, for approved plans and the journal. Contents and standard input are blobs: they may be secret."""

from __future__ import annotations

from typing import Any

from tui_installer.hosts.host import File
from tui_installer.model.change import Blobs, Change, Check, Edit, Run, Stops, WriteFiles
from tui_installer.model.masks import Mask


def to_json(change: Change, blobs: Blobs) -> dict[str, Any]:
    """The change as JSON. Contents and standard input go to the blobs: they may be secret."""
    if isinstance(change, Run):
        return {"run": _run_json(change, blobs)}
    return {
        "write": change.title,
        "edits": [_edit_json(edit, blobs) for edit in change.edits],
        "then": [_run_json(run, blobs) for run in change.then],
        "checks": [{"host": c.host, "path": c.path, "argv": list(c.argv), "reject": c.reject} for c in change.checks],
        "back": [_edit_json(edit, blobs) for edit in change.back],
        "left": change.left,
        "confirm": change.confirm,
        "scaffold": change.scaffold,
        "strand": change.strand,
    }


def from_json(data: dict[str, Any], blobs: Blobs) -> Change:
    """The change that `to_json` wrote. Raises KeyError if a content is gone."""
    if "run" in data:
        return _run(data["run"], blobs)
    return WriteFiles(
        title=data["write"],
        edits=tuple(_edit(edit, blobs) for edit in data["edits"]),
        then=tuple(_run(run, blobs) for run in data["then"]),
        checks=tuple(Check(c["host"], c["path"], tuple(c["argv"]), c["reject"]) for c in data["checks"]),
        back=tuple(_edit(edit, blobs) for edit in data["back"]),
        left=data["left"],
        confirm=data["confirm"],
        scaffold=data.get("scaffold", False),
        strand=data.get("strand", ""),
    )


def _run_json(run: Run, blobs: Blobs) -> dict[str, Any]:
    return {
        "title": run.title,
        "host": run.host,
        "argv": list(run.argv),
        "ok": list(run.ok),
        "within": run.within,
        "expect": run.expect,
        "stdin": blobs.put(run.stdin, "words") if run.stdin else "",
        "undo": [_run_json(each, blobs) for each in run.undo],
        "away": run.away,
        "once": run.once,
        "scaffold": run.scaffold,
        "strand": run.strand,
        "stops": [{"kind": each.kind, "names": list(each.names)} for each in run.stops],
        "id": run.id,
    }


def _run(data: dict[str, Any], blobs: Blobs) -> Run:
    stdin = blobs.get(data["stdin"]) if data["stdin"] else b""
    undo = tuple(_run(each, blobs) for each in data["undo"])
    return Run(
        data["title"],
        data["host"],
        tuple(data["argv"]),
        tuple(data["ok"]),
        data["within"],
        data["expect"],
        stdin,
        undo,
        data.get("away", False),
        data.get("once", False),
        data.get("scaffold", False),
        data.get("strand", ""),
        tuple(Stops(each["kind"], tuple(each["names"])) for each in data.get("stops", ())),
        data.get("id", ""),
    )


def _edit_json(edit: Edit, blobs: Blobs) -> dict[str, Any]:
    before, after = (_file_json(file, blobs, edit.mask) for file in (edit.before, edit.after))
    return {"host": edit.host, "path": edit.path, "before": before, "after": after, "mask": edit.mask}


def _edit(data: dict[str, Any], blobs: Blobs) -> Edit:
    return Edit(data["host"], data["path"], _file(data["before"], blobs), _file(data["after"], blobs), data["mask"])


def _file_json(file: File | None, blobs: Blobs, mask: Mask) -> dict[str, Any] | None:
    if file is None:
        return None
    return {"sha256": blobs.put(file.content, mask), "mode": file.mode, "owner": file.owner, "link": file.link}


def _file(data: dict[str, Any] | None, blobs: Blobs) -> File | None:
    return None if data is None else File(blobs.get(data["sha256"]), data["mode"], data["owner"], data["link"])
