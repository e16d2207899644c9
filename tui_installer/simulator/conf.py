"""The simulated tools' own readers of configuration files. Nothing is shared with the product's."""

from __future__ import annotations

import re

Tree = list[tuple[str, "str | Tree"]]


class ConfError(Exception):
    """A file that the tool refuses; the text is the tool's reason."""


def corosync(text: str) -> Tree:
    """corosync.conf: sections in braces, "key: value" lines (coroparse.c)."""
    root: Tree = []
    stack = [root]
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.endswith("{"):
            section: Tree = []
            stack[-1].append((line[:-1].strip(), section))
            stack.append(section)
        elif line == "}":
            stack.pop()
            if not stack:
                raise ConfError("Unexpected closing brace")
        elif ":" in line:
            key, _, value = line.partition(":")
            stack[-1].append((key.strip(), value.strip()))
        else:
            raise ConfError("Line is not opening or closing section or key value pair")
    if len(stack) != 1:
        raise ConfError("Missing closing brace")
    return root


def sections(tree: Tree, name: str) -> list[Tree]:
    """The sections of that name, in order."""
    return [value for key, value in tree if key == name and isinstance(value, list)]


def values(tree: Tree) -> dict[str, str]:
    """The plain settings of a section; of one written twice the last counts."""
    return {key: value for key, value in tree if isinstance(value, str)}


def keyvalue(text: str) -> dict[str, str]:
    """iscsid.conf, a node record: "name = value" lines; the last counts."""
    found = {}
    for raw in text.splitlines():
        line = raw.strip()
        if line and not line.startswith("#") and "=" in line:
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


_MULTIPATH = re.compile(r'"((?:[^"]|"")*)"|([{}])|([^\s{}"]+)')


def multipath(text: str) -> tuple[Tree, list[str]]:
    """multipath.conf, and what `multipath -t` complains about on stderr (without its time stamp)."""
    root: Tree = []
    stack, complaints = [root], []
    for number, raw in enumerate(text.splitlines(), 1):
        words = words_of(raw)
        if not words:
            continue
        if words[-1] == "{":
            section: Tree = []
            stack[-1].append((words[0], section))
            stack.append(section)
            if len(stack) == 2 and words[0] not in TOP:
                complaints.append(f"/etc/multipath.conf line {number}, invalid keyword: {words[0]}")
        elif words[0] == "}":
            if len(stack) > 1:
                stack.pop()
            else:
                complaints.append(f"unmatched '}}' at line {number} of /etc/multipath.conf")
        else:
            complaints += _setting(stack, number, words)
    if len(stack) > 1:
        complaints.append("missing '}' at end of /etc/multipath.conf")
    return root, complaints


TOP = ("defaults", "blacklist", "blacklist_exceptions", "devices", "multipaths", "overrides", "protocol")
KEYWORDS = set(
    [
        "vendor",
        "product",
        "revision",
        "product_blacklist",
        "alias",
        "wwid",
        "devnode",
        "property",
        "protocol",
        "verbosity",
        "polling_interval",
        "max_polling_interval",
        "reassign_maps",
        "path_selector",
        "path_grouping_policy",
        "uid_attribute",
        "prio",
        "prio_args",
        "features",
        "path_checker",
        "alias_prefix",
        "failback",
        "rr_min_io",
        "rr_min_io_rq",
        "max_fds",
        "rr_weight",
        "queue_without_daemon",
        "allow_usb_devices",
        "flush_on_last_del",
        "user_friendly_names",
        "fast_io_fail_tmo",
        "dev_loss_tmo",
        "eh_deadline",
        "bindings_file",
        "wwids_file",
        "prkeys_file",
        "log_checker_err",
        "all_tg_pt",
        "retain_attached_hw_handler",
        "detect_prio",
        "detect_checker",
        "detect_pgpolicy",
        "detect_pgpolicy_use_tpg",
        "force_sync",
        "strict_timing",
        "deferred_remove",
        "delay_watch_checks",
        "delay_wait_checks",
        "san_path_err_threshold",
        "san_path_err_forget_rate",
        "san_path_err_recovery_time",
        "marginal_path_err_sample_time",
        "marginal_path_err_rate_threshold",
        "marginal_path_err_recheck_gap_time",
        "marginal_path_double_failed_time",
        "find_multipaths",
        "uxsock_timeout",
        "retrigger_tries",
        "retrigger_delay",
        "missing_uev_wait_timeout",
        "skip_kpartx",
        "remove_retries",
        "max_sectors_kb",
        "ghost_delay",
        "auto_resize",
        "find_multipaths_timeout",
        "enable_foreign",
        "marginal_pathgroups",
        "recheck_wwid",
        "no_path_retry",
        "checker_timeout",
        "hardware_handler",
        "hwhandler",
        "reservation_key",
        "mode",
        "uid",
        "gid",
        "vpd_vendor",
        "san_path_err",
        "uid_attrs",
        "config_dir",
        "multipath_dir",
        "purge_disconnected",
    ]
)


def words_of(line: str) -> list[str]:
    """The words of a line of multipath.conf, without its comment."""
    words = []
    for match in _MULTIPATH.finditer(re.sub(r"^((?:[^\"#!]|\"[^\"]*\")*)[#!].*", r"\1", line)):
        words.append(match[1] if match[1] is not None else match[0])
    return words


def _setting(stack: list[Tree], number: int, words: list[str]) -> list[str]:
    if words[0] not in KEYWORDS:
        names = [key for key, value in stack[0] if value is stack[1]] if len(stack) > 1 else []
        where = f" in the {names[0]} section" if names else ""
        return [f"/etc/multipath.conf line {number}, invalid keyword{where}: {words[0]}"]
    if len(words) < 2:
        return [f"/etc/multipath.conf line {number}, missing value for option {words[0]}"]
    stack[-1].append((words[0], " ".join(words[1:])))
    return []


_LVM = re.compile(
    r'\s+|#[^\n]*|(?P<word>[\w.\-/]+)|(?P<mark>[{}=])|(?P<list>\[(?:"(?:\\.|[^"\\])*"|[^\]"])*\])|(?P<text>"(?:\\.|[^"\\])*")'
)


def lvm(text: str) -> dict[str, str]:
    """lvm.conf as "section/key" -> value. Raises ConfError as LVM's parser words it."""
    found: dict[str, str] = {}
    path: list[str] = []
    pending, position, assigned = "", 0, False
    while position < len(text):
        match = _LVM.match(text, position)
        if match is None:
            raise _parse_error(text, position)
        position = match.end()
        token = match["word"] or match["mark"] or match["list"] or match["text"]
        if token is None:
            continue
        if assigned:
            found["/".join([*path, pending])] = token
            pending, assigned = "", False
        elif token == "{" and pending:
            path, pending = [*path, pending], ""
        elif token == "=" and pending:
            assigned = True
        elif token == "}" and path and not pending:
            path = path[:-1]
        elif match["word"] and not pending:
            pending = token
        else:
            raise _parse_error(text, match.start())
    if path or pending:
        raise _parse_error(text, len(text))
    return found


def _parse_error(text: str, position: int) -> ConfError:
    line = text.count("\n", 0, position) + 1
    return ConfError(f"Parse error at byte {position} (line {line}): unexpected token")


def patterns(value: str) -> list[str]:
    """The strings of an LVM list value, `["a|x|","r|.*|"]`."""
    return [text.replace("\\\\", "\\") for text in re.findall(r'"((?:\\.|[^"\\])*)"', value)]
