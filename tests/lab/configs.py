"""The configuration files of the array and of the cluster's first members, written as a careful administrator would."""

import hashlib
from collections.abc import Iterator, Mapping

from tests.lab.scenario import HostPlan, Lun, Nic, Scenario, Target

Files = Mapping[str, tuple[int, bytes]]
"""Path -> (mode, content)."""

VENDOR, PRODUCT = "LABSAN", "VIRTUAL-DISK"
INTERFACES = """\
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

# The primary network interface
auto eth0
iface eth0 inet static
\taddress {address}
"""
HOSTS_TAIL = """
# The following lines are desirable for IPv6 capable hosts
::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
"""


def files_of(scenario: Scenario, host: HostPlan) -> Files:
    """Every file that provisioning puts onto a host."""
    texts = {**_base(scenario, host)}
    if host.role == "san":
        texts |= _san(scenario)
    if host.role == "member":
        texts |= _member(scenario, host)
    secret = ("/etc/tgt/conf.d/lab.conf",)
    return {path: (0o600 if path in secret else 0o644, text.encode()) for path, text in texts.items()}


def _base(scenario: Scenario, host: HostPlan) -> dict[str, str]:
    own = [f"127.0.1.1\t{host.name}"] if host.role == "fresh" else []
    members = [f"{member.mgmt.ip}\t{member.name}" for member in scenario.members] if host.role == "member" else []
    return {
        "/etc/hostname": f"{host.name}\n",
        "/etc/hosts": "\n".join(["127.0.0.1\tlocalhost", *own, *members]) + "\n" + HOSTS_TAIL,
        "/etc/network/interfaces": INTERFACES.format(address=host.mgmt.address),
    }


def _san(scenario: Scenario) -> dict[str, str]:
    portals = ",".join(f"portal={portal}:3260" for portal in scenario.portals)
    return {
        "/etc/network/interfaces.d/storage": storage_interfaces(scenario.san),
        "/etc/sysctl.d/50-san.conf": "\n".join(
            (
                "# Two NICs in one subnet: each answers for its own address only.",
                "net.ipv4.conf.all.arp_ignore = 1",
                "net.ipv4.conf.all.arp_announce = 2",
                "net.ipv4.conf.all.rp_filter = 0",
                "net.ipv4.conf.default.rp_filter = 0\n",
            )
        ),
        "/etc/systemd/system/tgt.service.d/portals.conf": "\n".join(
            (
                "[Unit]",
                "Wants=network-online.target",
                "After=network-online.target",
                "[Service]",
                "ExecStart=",
                f"ExecStart=/usr/sbin/tgtd -f --iscsi {portals}\n",
            )
        ),
        "/etc/tgt/conf.d/lab.conf": tgt_conf(scenario),
    }


def tgt_conf(scenario: Scenario) -> str:
    """targets.conf of tgt-admin: discovery authentication, then every target with its disks (/dev/ubdb, ...)."""
    disks = iter("bcdefgh")
    discovery = scenario.chap.discovery
    head = [f"incomingdiscoveryuser {discovery.user} {discovery.password}"] if discovery else []
    blocks = [_tgt_target(scenario, target, disks) for target in scenario.targets]
    return "\n".join([*head, *blocks]) + "\n"


def _tgt_target(scenario: Scenario, target: Target, disks: Iterator[str]) -> str:
    session, mutual = scenario.chap.session, scenario.chap.mutual
    lines = [f"<target {target.name}>"]
    lines += [_tgt_lun(lun, number, next(disks)) for number, lun in enumerate(target.luns, start=1)]
    lines += [f"    incominguser {session.user} {session.password}"] if session else []
    lines += [f"    outgoinguser {mutual.user} {mutual.password}"] if mutual else []
    return "\n".join([*lines, "    initiator-address ALL", "</target>"])


def _tgt_lun(lun: Lun, number: int, disk: str) -> str:
    return "\n".join(
        (
            f"    <backing-store /dev/ubd{disk}>",
            f"        lun {number}",
            f"        scsi_id {lun.scsi_id}",
            f"        scsi_sn {lun.scsi_sn}",
            f"        vendor_id {VENDOR}",
            f"        product_id {PRODUCT}",
            "    </backing-store>",
        )
    )


def storage_interfaces(host: HostPlan) -> str:
    """interfaces(5) stanzas of a host's storage NICs; several in one subnet get a routing table each."""
    subnets = [nic.subnet for nic in host.storage]
    shared = len(set(subnets)) < len(subnets)
    blocks = [_interface(f"eth{i}", nic, 100 + i if shared else None) for i, nic in enumerate(host.storage, start=1)]
    return "\n".join(blocks)


def _interface(nic_name: str, nic: Nic, table: int | None) -> str:
    name = f"{nic_name}.{nic.vlan}" if nic.vlan else nic_name
    parent = [f"auto {nic_name}", f"iface {nic_name} inet manual", ""] if nic.vlan else []
    lines = [*parent, f"auto {name}", f"iface {name} inet static", f"    address {nic.address}"]
    lines += [f"    vlan-raw-device {nic_name}"] if nic.vlan else []
    if table:
        lines += [
            f"    up ip route add {nic.subnet} dev {name} src {nic.ip} table {table}",
            f"    up ip rule add from {nic.ip} table {table}",
        ]
    return "\n".join(lines) + "\n"


def _member(scenario: Scenario, host: HostPlan) -> dict[str, str]:
    unit = "/etc/systemd/system"
    return {
        "/etc/network/interfaces.d/storage": storage_interfaces(host),
        "/etc/ssh/sshd_config.d/root.conf": "PermitRootLogin yes\n",
        "/etc/iscsi/initiatorname.iscsi": f"InitiatorName={initiator_name(host.name)}\n",
        "/etc/multipath.conf": multipath_conf(scenario),
        "/etc/corosync/corosync.conf": corosync_conf(scenario),
        "/etc/dlm/dlm.conf": dlm_conf(scenario),
        f"{unit}/corosync.service.d/order.conf": CLUSTER_AFTER_STORAGE,
        f"{unit}/lvmlockd.service.d/order.conf": LVMLOCKD_AFTER_DLM,
        f"{unit}/lvmlocks.service.d/order.conf": lvmlocks_order(scenario),
        f"{unit}/cluster-volumes.service": volumes_unit(scenario, host.name),
    }


def initiator_name(host: str) -> str:
    """An initiator name as Debian's package makes them, the same at every build."""
    return f"iqn.1993-08.org.debian:01:{hashlib.sha256(host.encode()).hexdigest()[:12]}"


def multipath_conf(scenario: Scenario) -> str:
    """multipath.conf(5)."""
    maps = "".join(
        f"    multipath {{\n        wwid {lun.wwid}\n        alias {lun.alias}\n    }}\n"
        for lun in scenario.luns
        if lun.alias
    )
    return f"""\
defaults {{
    user_friendly_names yes
    find_multipaths strict
    polling_interval 5
}}

# the local system disk
blacklist {{
    devnode "^ubd"
}}

devices {{
    device {{
        vendor "{VENDOR}"
        product "{PRODUCT}"
        path_grouping_policy multibus
        path_selector "round-robin 0"
        path_checker tur
        failback immediate
        no_path_retry 12
        fast_io_fail_tmo 5
        skip_kpartx yes
    }}
}}

multipaths {{
{maps}}}
"""


def corosync_conf(scenario: Scenario) -> str:
    """corosync.conf(5) of the first members."""
    nodes = "".join(
        f"    node {{\n        name: {member.name}\n        nodeid: {scenario.node_id(member.name)}\n"
        f"        ring0_addr: {member.mgmt.ip}\n    }}\n"
        for member in scenario.members
    )
    two_node = "    two_node: 1\n" if len(scenario.members) == 2 else ""
    return f"""\
# Please read the corosync.conf.5 manual page
totem {{
    version: 2
    cluster_name: {scenario.cluster.name}
    config_version: 1
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
}}

nodelist {{
{nodes}}}

quorum {{
    provider: corosync_votequorum
{two_node}}}

logging {{
    to_logfile: no
    to_stderr: no
    to_syslog: yes
    timestamp: on
}}
"""


def dlm_conf(scenario: Scenario) -> str:
    """dlm.conf(5): how each member is fenced."""
    names = [member.name for member in scenario.members]
    connections = [f"connect lab node={scenario.node_id(name)} port={name}" for name in names]
    return "\n".join(["device lab /usr/sbin/fence_lab", *connections]) + "\n"


CLUSTER_AFTER_STORAGE = """\
# Stopping happens in the reverse order: the cluster's daemons before multipath, iSCSI and the network.
[Unit]
After=multipathd.service open-iscsi.service blk-availability.service networking.service
"""

LVMLOCKD_AFTER_DLM = """\
[Unit]
Wants=dlm.service
After=dlm.service
"""


def lvmlocks_order(scenario: Scenario) -> str:
    """Drop-in of lvmlocks.service: start the lockspaces when the maps exist and there is quorum."""
    maps = " ".join(f"dev-mapper-{lun.alias}.device" for lun in scenario.luns if lun.vg)
    vgs = " ".join(lun.vg for lun in scenario.luns if lun.vg)
    return f"""\
[Unit]
Wants=open-iscsi.service multipathd.service dlm.service lvmlockd.service {maps}
After=open-iscsi.service multipathd.service blk-availability.service corosync.service {maps}

[Service]
# without quorum, starting a lockspace would hang in the kernel
ExecStartPre=/bin/sh -c 'until corosync-quorumtool -s >/dev/null; do sleep 2; done'
ExecStart=
ExecStart=/usr/sbin/lvm vgchange --lock-start {vgs}
"""


def volumes_unit(scenario: Scenario, host: str) -> str:
    """A unit that activates the member's own volumes, and gives all back before the lockspaces are stopped."""
    vgs = " ".join(lun.vg for lun in scenario.luns if lun.vg)
    own = [f"{lv.vg}/{lv.name}" for lv in scenario.cluster.lvs if lv.active_on == host]
    start = [f"ExecStart=/usr/sbin/lvchange -aey {' '.join(own)}"] if own else ["ExecStart=/bin/true"]
    return "\n".join(
        (
            "[Unit]",
            "Description=Volumes of the cluster that this host uses",
            "Wants=lvmlocks.service",
            "After=lvmlocks.service",
            "",
            "[Service]",
            "Type=oneshot",
            "RemainAfterExit=yes",
            *start,
            f"ExecStop=/usr/sbin/vgchange -an {vgs}",
            "",
            "[Install]",
            "WantedBy=multi-user.target\n",
        )
    )
