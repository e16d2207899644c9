#!/bin/sh
# finish-disk.sh TREE POOL: from a bootstrapped tree to the machine's root file system, and how it becomes a member.
# One machine is array and member at once: a target of its own, on its own address, under a cluster of one.
set -eu
tree=$1 pool=$2
put() { mkdir -p "$tree$(dirname "$1")" && cat >"$tree$1"; }

chroot "$tree" apt-get clean
chroot "$tree" apt-get -q -y --download-only --no-install-recommends install $pool
mkdir -p "$tree/srv/pool"
mv "$tree"/var/cache/apt/archives/*.deb "$tree/srv/pool/"
(cd "$tree/srv/pool" && dpkg-scanpackages -m . >Packages)
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/etc/apt/sources.list.d/* "$tree"/etc/apt/apt.conf.d/99mmdebstrap
echo 'deb [trusted=yes] file:/srv/pool ./' | put /etc/apt/sources.list
chroot "$tree" apt-get -q update

printf 'root:root\n' | chroot "$tree" chpasswd
echo vm >"$tree/etc/hostname"
printf '127.0.0.1\tlocalhost\n10.0.2.15\tvm\n' | put /etc/hosts
: >"$tree/etc/machine-id"
rm -f "$tree"/etc/ssh/ssh_host_*
chroot "$tree" ssh-keygen -q -A
for unit in tgt corosync dlm lvmlockd lvmlocks multipathd multipathd.socket iscsid iscsid.socket open-iscsi; do
    systemctl --root="$tree" disable "$unit" 2>/dev/null || true
done

# Under software emulation, on a busy machine, a boot takes minutes: systemd's own deadlines are made longer, and what
# only costs time is left out.
put /etc/systemd/system.conf.d/lab.conf <<'END'
[Manager]
DefaultTimeoutStartSec=900
DefaultTimeoutStopSec=300
DefaultDeviceTimeoutSec=900
END
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    getty@tty1.service systemd-pstore.service systemd-binfmt.service systemd-timesyncd.service; do
    ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done

sed -i 's/^LOGIN_TIMEOUT.*/LOGIN_TIMEOUT 900/' "$tree/etc/login.defs"

# An initramfs with all of Debian's modules takes a quarter of an hour to be made here.
printf 'MODULES=dep\nCOMPRESSLEVEL=1\n' | put /etc/initramfs-tools/conf.d/lab

put /etc/network/interfaces <<'END'
source /etc/network/interfaces.d/*
auto lo
iface lo inet loopback
auto ens3
iface ens3 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
END
put /etc/network/interfaces.d/storage <<'END'
auto ens4
iface ens4 inet static
    address 10.16.0.1/16
END
put /etc/tgt/conf.d/lab.conf <<'END'
<target iqn.2024-01.lab.vm:cluster>
    <backing-store /srv/lun.img>
        lun 1
        scsi_id LABVM001
        scsi_sn LABVM001
        vendor_id LABSAN
        product_id VIRTUAL-DISK
    </backing-store>
    initiator-address ALL
</target>
END
put /etc/systemd/system/tgt.service.d/order.conf <<'END'
[Unit]
After=network-online.target
Wants=network-online.target
Before=open-iscsi.service
END
put /etc/iscsi/initiatorname.iscsi <<'END'
InitiatorName=iqn.1993-08.org.debian:01:labvm
END
chmod 600 "$tree/etc/iscsi/initiatorname.iscsi"
put /etc/multipath.conf <<'END'
defaults {
    user_friendly_names yes
    find_multipaths strict
    skip_kpartx yes
}
blacklist {
    devnode "^vd"
}
multipaths {
    multipath {
        wwid @WWID@
        alias vm0
    }
}
END
put /etc/corosync/corosync.conf <<'END'
totem {
    version: 2
    cluster_name: vmlab
    config_version: 1
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
}
nodelist {
    node {
        name: vm
        nodeid: 1
        ring0_addr: 10.0.2.15
    }
}
quorum {
    provider: corosync_votequorum
}
logging {
    to_logfile: no
    to_syslog: yes
}
END
head -c 256 /dev/urandom >"$tree/etc/corosync/authkey"
chmod 400 "$tree/etc/corosync/authkey"
echo 'enable_fencing=0' | put /etc/dlm/dlm.conf
put /etc/systemd/system/corosync.service.d/order.conf <<'END'
[Unit]
After=multipathd.service open-iscsi.service blk-availability.service networking.service
END
put /etc/systemd/system/lvmlockd.service.d/order.conf <<'END'
[Unit]
Wants=dlm.service
After=dlm.service
END
put /etc/systemd/system/lvmlocks.service.d/order.conf <<'END'
[Unit]
Wants=open-iscsi.service multipathd.service dlm.service lvmlockd.service dev-mapper-vm0.device
After=open-iscsi.service multipathd.service blk-availability.service corosync.service dev-mapper-vm0.device
[Service]
ExecStartPre=/bin/sh -c 'until corosync-quorumtool -s >/dev/null; do sleep 2; done'
ExecStart=
ExecStart=/usr/sbin/lvm vgchange --lock-start vg_vm
END
put /etc/systemd/system/cluster-volumes.service <<'END'
[Unit]
Wants=lvmlocks.service
After=lvmlocks.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/lvchange -aey vg_vm/guest
ExecStop=/usr/sbin/vgchange -an vg_vm
[Install]
WantedBy=multi-user.target
END
put /srv/become-member <<'END'
#!/bin/sh
# Once, on the running machine: its target, its session to it, a map, a shared group and a volume; all at boot from now on.
set -eux
truncate -s 400M /srv/lun.img
systemctl daemon-reload
systemctl enable --now tgt
sleep 2
sed -i 's/^node.startup = manual/node.startup = automatic/; s/noop_out_\(interval\|timeout\) = .*/noop_out_\1 = 0/
    s/replacement_timeout = .*/replacement_timeout = 600/' /etc/iscsi/iscsid.conf
systemctl enable --now iscsid.socket
iscsiadm -m discovery -t sendtargets -p 10.16.0.1
iscsiadm -m node -T iqn.2024-01.lab.vm:cluster --login
udevadm settle
wwid=$(/lib/udev/scsi_id -g -u -d /dev/sda)
sed -i "s/@WWID@/$wwid/" /etc/multipath.conf
multipath -a /dev/sda
systemctl enable --now multipathd
systemctl enable iscsid open-iscsi
systemctl start open-iscsi
multipathd reconfigure
until [ -e /dev/mapper/vm0 ]; do sleep 1; done
sed -i 's;^\(\s*\)# use_lvmlockd = .*;\1use_lvmlockd = 1;; s;^\(\s*\)# use_devicesfile = .*;\1use_devicesfile = 0;
    s;^\(\s*\)# global_filter = .*;\1global_filter = [ "a|^/dev/mapper/vm[0-9]+$|", "r|.*|" ];' /etc/lvm/lvm.conf
systemctl enable corosync dlm lvmlockd lvmlocks cluster-volumes
systemctl start corosync
until corosync-quorumtool -s >/dev/null; do sleep 1; done
systemctl start dlm lvmlockd
pvcreate -y /dev/mapper/vm0
vgcreate --shared vg_vm /dev/mapper/vm0
vgchange --lock-start vg_vm
lvcreate -y -an -L 64M -n guest vg_vm
systemctl start lvmlocks cluster-volumes
update-initramfs -u
lvs
echo MEMBER-READY
END
chmod 755 "$tree/srv/become-member"
put /etc/default/grub.d/00-lab.cfg <<'END'
# As an installer leaves it that was driven over the serial line.
GRUB_TIMEOUT=3
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8"
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
END
