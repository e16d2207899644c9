#!/bin/sh
# install-deb.sh DISK DEB: the program from its package onto the machine's disk while that is off: compiling its modules
# takes ten minutes under emulation.
set -eu
disk=$1 deb=$2
mount=$disk.mount
loop=$(losetup -f --show "$disk")
end() {
    umount "$mount" 2>/dev/null || true
    partx -d "$loop" 2>/dev/null || true
    losetup -d "$loop" 2>/dev/null || true
    rmdir "$mount" 2>/dev/null || true
}
trap end EXIT
partx -a "$loop" 2>/dev/null || true
mkdir -p "$mount"
root=${loop}p2 # behind the EFI partition, if there is one
[ -b "$root" ] || root=${loop}p1
mount "$root" "$mount"
cp "$deb" "$mount/root/tui-installer.deb"
chroot "$mount" dpkg -i /root/tui-installer.deb
