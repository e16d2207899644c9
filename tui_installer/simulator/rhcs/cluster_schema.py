"""What cman 3.0.12 takes as a valid cluster.conf: its own schema, config/tools/xml/cluster.rng.in, as a table.

`ccs_config_validate` is run before a join and before `cman_tool version -r`. What lies under <rm> belongs to resource
agents, and a fence device's settings to its agent: their own schemas decide, and here everything is taken.
"""

from __future__ import annotations

import xml.etree.ElementTree as xml

ELEMENTS: dict[str, tuple[str, str, str]] = {
    "cluster": ("name config_version", "", "cman totem quorumd fence_daemon fence_xvmd dlm gfs_controld group logging "
                "clusternodes fencedevices rm clvmd"),
    "cman": ("", "two_node expected_votes upgrading disallowed quorum_dev_poll shutdown_timeout ccsd_poll debug_mask "
             "port cluster_id hash_cluster_id nodename broadcast keyfile disable_openais", "multicast"),
    "multicast": ("addr", "", ""),
    "totem": ("", "consensus join token fail_recv_const token_retransmits_before_loss_const rrp_mode secauth keyfile",
              "interface"),
    "interface": ("", "ringnumber bindnetaddr mcastaddr mcastport broadcast", ""),
    "quorumd": ("", "interval tko votes min_score device label status_file scheduler reboot priority stop_cman "
                "paranoid allow_kill max_error_cycles io_timeout master_wins", "heuristic"),
    "heuristic": ("program", "score interval tko", ""),
    "fence_daemon": ("", "post_join_delay post_fail_delay override_path override_time clean_start skip_undefined", ""),
    "fence_xvmd": ("", "debug port use_uuid multicast_address auth hash uri key_file multicast_interface", ""),
    "dlm": ("", "log_debug timewarn protocol enable_fencing enable_quorum enable_deadlk enable_plock plock_debug "
            "plock_rate_limit plock_ownership drop_resources_time drop_resources_count drop_resources_age",
            "lockspace"),
    "lockspace": ("name", "nodir", "master"),
    "master": ("name", "weight", ""),
    "gfs_controld": ("", "enable_withdraw enable_plock plock_debug plock_rate_limit plock_ownership "
                     "drop_resources_time drop_resources_count drop_resources_age", ""),
    "group": ("", "groupd_compat", ""),
    "logging": ("", "to_syslog to_logfile syslog_facility syslog_priority logfile_priority logfile debug",
                "logging_daemon"),
    "logging_daemon": ("name", "subsys to_syslog to_logfile syslog_facility syslog_priority logfile_priority logfile "
                       "debug", ""),
    "clusternodes": ("", "", "clusternode"),
    "clusternode": ("name nodeid", "votes weight", "altname fence unfence"),
    "altname": ("name", "port mcast", ""),
    "fence": ("", "", "method"),
    "unfence": ("", "", "device"),
    "method": ("name", "", "device"),
    "fencedevices": ("", "", "fencedevice"),
    "clvmd": ("", "interface", ""),
}  # fmt: skip
"""Of an element: the attributes it must have, those it may have, the elements it may hold."""
OPEN = {"device": "name", "fencedevice": "name agent", "rm": ""}
"""Elements that may have any attribute beside those that they must have."""


def refused(text: str) -> str:
    """Why a file is not valid; empty: it is."""
    try:
        root = xml.fromstring(text.encode("utf-8", "surrogateescape"))
    except xml.ParseError as error:
        return str(error)
    if root.tag != "cluster":
        return f"Did not expect element {root.tag} there"
    if root.find("clusternodes") is None:
        return "Expecting an element clusternodes, got nothing"
    return _element(root)


def _element(element: xml.Element) -> str:
    if element.tag in OPEN:
        lacks = [name for name in OPEN[element.tag].split() if name not in element.attrib]
        return f"Element {element.tag} failed to validate attributes" if lacks else ""
    needs, may, holds = (part.split() for part in ELEMENTS[element.tag])
    for name in element.attrib:
        if name not in (*needs, *may):
            return f"Invalid attribute {name} for element {element.tag}"
    if any(name not in element.attrib for name in needs):
        return f"Element {element.tag} failed to validate attributes"
    if (element.text or "").strip():
        return f"Element {element.tag} has extra content: text"
    for inner in element:
        if inner.tag not in holds:
            return f"Did not expect element {inner.tag} there"
        if reason := _element(inner):
            return reason
    return ""
