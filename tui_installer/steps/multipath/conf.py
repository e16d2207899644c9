"""multipath.conf: what it says about an array and about names, and how it is to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from assets import template
from tui_installer.formats import blocks
from tui_installer.formats.blocks import MULTIPATH, Dialect, Section
from tui_installer.steps.multipath.facts import Lun

COPIED = ("path_grouping_policy", "path_selector", "path_checker", "failback", "no_path_retry", "fast_io_fail_tmo")
"""Defaults of a member that belong to the array: they are written into its device section here."""
GONE = ("getuid_callout", "udev_dir", "pg_timeout", "default_selector")
"""Keys of old members' files that multipath-tools 0.9 refuses."""


def fresh() -> bytes:
    """The file of a host that has none."""
    return template("corosync/multipath.conf").encode()


def aliases(content: bytes, dialect: Dialect = MULTIPATH) -> dict[str, str]:
    """The names that a file gives, by WWID."""
    found = (dict(_pairs(section)) for section in blocks.sections(content, dialect, ("multipaths", "multipath")))
    return {entries["wwid"]: entries.get("alias", "") for entries in found if "wwid" in entries}


def _pairs(section: Section) -> list[tuple[str, str]]:
    return [(entry.key, entry.value) for entry in section.entries]


def device(content: bytes, vendor: str, product: str, dialect: Dialect = MULTIPATH) -> dict[str, str]:
    """The device section for an array, which is found by regular expressions; empty: none. The last one wins."""
    sections = (dict(_pairs(found)) for found in blocks.sections(content, dialect, ("devices", "device")))
    fitting = [found for found in sections if _fits(found, "vendor", vendor) and _fits(found, "product", product)]
    return fitting[-1] if fitting else {}


def _fits(found: Mapping[str, str], key: str, value: str) -> bool:
    try:
        return key in found and re.search(found[key], value) is not None
    except re.error:
        return found[key] == value


def defaults(content: bytes, dialect: Dialect = MULTIPATH) -> dict[str, str]:
    """The defaults section."""
    return {key: value for found in blocks.sections(content, dialect, ("defaults",)) for key, value in _pairs(found)}


def effective(content: bytes, lun: Lun, dialect: Dialect = MULTIPATH) -> dict[str, str]:
    """What the file says for an array: its device section over the defaults, without the tool's own table."""
    own = {key: value for key, value in defaults(content, dialect).items() if key in COPIED}
    return own | {
        key: value for key, value in device(content, lun.vendor, lun.product, dialect).items() if key not in GONE
    }


def named(content: bytes, wanted: Mapping[str, str], dialect: Dialect = MULTIPATH) -> bytes:
    """The file with those names, by WWID. Raises `FormatError`."""
    there = aliases(content, dialect)
    for wwid, alias in wanted.items():
        if there.get(wwid, alias) != alias:
            content = blocks.set_in(content, dialect, ("multipaths",), "multipath", {"wwid": wwid}, "alias", alias)
    new = [(("wwid", wwid), ("alias", alias)) for wwid, alias in wanted.items() if wwid not in there]
    return blocks.add_sections(content, dialect, ("multipaths",), "multipath", new) if new else content


def tuned(content: bytes, lun: Lun, wanted: Mapping[str, str], dialect: Dialect = MULTIPATH) -> bytes:
    """The file with those settings for an array. Raises `FormatError`."""
    settings = {key: value for key, value in wanted.items() if key not in ("vendor", "product")}
    there = effective(content, lun, dialect)
    lacking = {key: value for key, value in settings.items() if there.get(key) != value}
    section = device(content, lun.vendor, lun.product, dialect)
    if not lacking:
        return content
    if not section:
        names = {"vendor": wanted.get("vendor", lun.vendor), "product": wanted.get("product", lun.product)}
        return blocks.add_section(content, dialect, ("devices",), "device", [*names.items(), *settings.items()])
    where = {key: section[key] for key in ("vendor", "product")}
    for key, value in lacking.items():
        content = blocks.set_in(content, dialect, ("devices",), "device", where, key, value)
    return content


def takes_everything(content: bytes) -> bool:
    """Whether local disks become maps too, unless they are on the blacklist."""
    return defaults(content).get("find_multipaths", "strict") in ("no", "off", "greedy")


def without(content: bytes, wwids: Iterable[str]) -> bytes:
    """The file with those WWIDs on its blacklist."""
    there = {
        v for found in blocks.sections(content, MULTIPATH, ("blacklist",)) for k, v in _pairs(found) if k == "wwid"
    }
    new = [("wwid", wwid) for wwid in wwids if wwid not in there]
    return blocks.add_entries(content, MULTIPATH, ("blacklist",), new) if new else content
