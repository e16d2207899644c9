"""What the port of a Cisco switch needs, for the people who own the switch. Source: the site's guide.

A remark has room beside a label on 80 columns: what was wrapped would be a command to the switch.
"""

from __future__ import annotations

HEAD = "! for the network team"


def port(hostname: str, card: str, vlan: int, tagged: bool, mtu: int) -> tuple[str, ...]:
    """The lines for one port; a VLAN of 0 is not known and named as such."""
    tag = str(vlan) if vlan else "STORAGE-VLAN"
    return (
        "interface SomeInterface3/14",
        f" description {hostname} {card or 'NIC'} storage",
        *(_trunk(tag) if tagged else _access(tag)),
        " logging event link-status",
        f" spanning-tree portfast{' trunk' if tagged else ''}",
        *(_jumbo(mtu) if mtu > 1500 else ()),
    )


def _jumbo(mtu: int) -> tuple[str, ...]:
    return (f" ! frames of {mtu} bytes: `system mtu`, or", f" ! where the port has it `mtu {mtu}`")


def _access(tag: str) -> tuple[str, ...]:
    return (f" switchport access vlan {tag}", " switchport mode access")


def _trunk(tag: str) -> tuple[str, ...]:
    return (
        " ! native VLAN 1 is assumed, for untagged frames",
        " switchport trunk encapsulation dot1q",
        f" switchport trunk allowed vlan 1,{tag}",
        " ! where the port is a trunk already, not the line",
        " ! above (it replaces the list) but:",
        f" !  switchport trunk allowed vlan add {tag}",
        " switchport mode trunk",
    )
