#!/bin/sh
# make-disk.sh TREE DISK SIZE: a disk with one ext4 partition that GRUB boots (BIOS). Needs root and loop devices.
# The host's kernel may know no partition tables: partx makes them known. Without udev there is no by-uuid either.
set -eu
tree=$1 disk=$2 size=$3
mount=$disk.mount
rm -f "$disk"
truncate -s "$size" "$disk"
echo 'start=2048,type=83,bootable' | sfdisk -q "$disk"
loop=$(losetup -f --show "$disk")
end() {
    for folder in dev proc sys ''; do umount "$mount/$folder" 2>/dev/null || true; done
    partx -d "$loop" 2>/dev/null || true
    losetup -d "$loop" 2>/dev/null || true
    rmdir "$mount" 2>/dev/null || true
}
trap end EXIT
partx -a "$loop" 2>/dev/null || true
part=${loop}p1
[ -b "$part" ] || { echo "no $part: this kernel knows no partitions on loop devices" >&2; exit 1; }
mke2fs -q -t ext4 -F "$part"
uuid=$(blkid -s UUID -o value "$part")
mkdir -p "$mount"
mount "$part" "$mount"
cp -a "$tree/." "$mount/"
echo "UUID=$uuid / ext4 errors=remount-ro 0 1" >"$mount/etc/fstab"
for folder in dev proc sys; do mount --bind "/$folder" "$mount/$folder"; done
link=/dev/disk/by-uuid/$uuid
mkdir -p /dev/disk/by-uuid
ln -sf "$part" "$link"
chroot "$mount" grub-install --target=i386-pc "$loop"
# In the environment of every command of the program: by LANG 00_header decides whether GRUB's menu is translated.
env -u LANG LC_ALL=C.UTF-8 chroot "$mount" update-grub
rm -f "$link"
grep -q "root=UUID=$uuid" "$mount/boot/grub/grub.cfg"
sync
