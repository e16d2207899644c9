#!/bin/sh
# finish-image.sh TREE KIND RELEASE MODULES POOL DISABLED: from a bootstrapped tree to a lab host's root file system.
set -eu
tree=$1 kind=$2 release=$3 modules=$4 pool=$5 disabled=$6
here=$(dirname "$0")

fetch_pool() {  # a file: archive with the packages and all that they need, none of it installed
    chroot "$tree" apt-get clean  # what the bootstrap fetched is installed already
    chroot "$tree" apt-get -q -y --download-only -o APT::Install-Recommends=true install $pool
    mkdir -p "$tree/srv/pool"
    mv "$tree"/var/cache/apt/archives/*.deb "$tree/srv/pool/"
    (cd "$tree/srv/pool" && dpkg-scanpackages -m . > Packages)
}

use_pool_only() {
    rm -rf "$tree"/var/lib/apt/lists/* "$tree"/etc/apt/sources.list.d/*
    echo 'deb [trusted=yes] file:/srv/pool ./' > "$tree/etc/apt/sources.list"
    chroot "$tree" apt-get -q update
}

use_no_archive() {
    rm -rf "$tree"/var/lib/apt/lists/* "$tree"/etc/apt/sources.list.d/*
    : > "$tree/etc/apt/sources.list"
    mkdir -p "$tree/var/lib/apt/lists/partial"
}

[ "$kind" = full ] || fetch_pool
rm -f "$tree"/etc/apt/apt.conf.d/99mmdebstrap
if [ "$kind" = full ]; then use_no_archive; else use_pool_only; fi
chroot "$tree" apt-get clean

mkdir -p "$tree/lib/modules"
cp -a "$modules" "$tree/lib/modules/"

echo '/dev/ubda / ext4 errors=remount-ro,noatime 0 1' > "$tree/etc/fstab"
printf 'root:root\n' | chroot "$tree" chpasswd
echo debian > "$tree/etc/hostname"
printf '127.0.0.1\tlocalhost\n' > "$tree/etc/hosts"
echo 'LANG=C.UTF-8' > "$tree/etc/default/locale"
: > "$tree/etc/resolv.conf"
: > "$tree/etc/machine-id"
rm -f "$tree"/var/lib/dbus/machine-id "$tree"/etc/ssh/ssh_host_*
mkdir -p "$tree/etc/network/interfaces.d"
cat > "$tree/etc/network/interfaces" <<'END'
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback
END

if [ "$kind" = full ]; then
    for unit in $disabled; do systemctl --root="$tree" disable "$unit" 2>/dev/null || echo "no unit $unit"; done
    rm -f "$tree/etc/iscsi/initiatorname.iscsi"
fi

# What makes a lab host of it lies outside /etc: the names of its NICs (vec0 is UML's), the control line's agent, the fence agent.
for i in 0 1 2 3; do
    printf '[Match]\nOriginalName=vec%d\n\n[Link]\nName=eth%d\n' $i $i > "$tree/usr/lib/systemd/network/10-lab-eth$i.link"
done
install -m 755 "$here/lab-agent.py" "$tree/usr/lib/lab-agent"
install -m 755 "$here/fence_lab" "$tree/usr/sbin/fence_lab"
cat > "$tree/usr/lib/systemd/system/lab-agent.service" <<'END'
[Unit]
Description=Control line of the laboratory on ttyS1
DefaultDependencies=no
After=systemd-udevd.service local-fs.target
IgnoreOnIsolate=yes

[Service]
ExecStart=/usr/lib/lab-agent
Restart=always
RestartSec=1
StandardOutput=null
StandardError=journal
END
mkdir -p "$tree/usr/lib/systemd/system/sysinit.target.wants"
ln -sf ../lab-agent.service "$tree/usr/lib/systemd/system/sysinit.target.wants/"
