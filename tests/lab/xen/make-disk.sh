#!/bin/sh
# make-disk.sh TREE DISK SIZE FIRMWARE: a disk with one ext4 partition that GRUB boots, by a BIOS or by UEFI (then from
# an EFI partition before it, at the path of removable disks: nothing is kept in the board). Needs root and loop devices.
# The host's kernel may know no partition tables: partx makes them known. Without udev there is no by-uuid either.
set -eu
tree=$1 disk=$2 size=$3 firmware=$4
mount=$disk.mount
rm -f "$disk"
truncate -s "$size" "$disk"
case $firmware in
bios) table='start=2048,type=83,bootable' number=1 ;;
uefi) table='label: gpt
size=64M,type=U
type=L' number=2 ;;
esac
echo "$table" | sfdisk -q "$disk"
loop=$(losetup -f --show "$disk")
end() {
    for folder in dev proc sys ''; do umount "$mount/$folder" 2>/dev/null || true; done
    partx -d "$loop" 2>/dev/null || true
    losetup -d "$loop" 2>/dev/null || true
    rmdir "$mount" 2>/dev/null || true
}
trap end EXIT
partx -a "$loop" 2>/dev/null || true
part=${loop}p$number
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
case $firmware in
bios) chroot "$mount" grub-install --target=i386-pc "$loop" ;;
uefi) # what grub-install does, on a kernel that may know no FAT
    mkfs.vfat "${loop}p1" >/dev/null
    echo "UUID=$(blkid -s UUID -o value "${loop}p1") /boot/efi vfat umask=0077,nofail 0 1" >>"$mount/etc/fstab"
    mkdir -p "$mount/boot/efi" "$mount/boot/grub"
    cp -a "$mount/usr/lib/grub/x86_64-efi" "$mount/boot/grub/"
    printf 'search.fs_uuid %s root\nset prefix=($root)/boot/grub\n' "$uuid" >"$mount/early.cfg"
    chroot "$mount" grub-mkimage -O x86_64-efi -c /early.cfg -p /boot/grub -o /core.efi part_gpt ext2 search_fs_uuid normal
    mmd -i "${loop}p1" ::/EFI ::/EFI/BOOT
    mcopy -i "${loop}p1" "$mount/core.efi" ::/EFI/BOOT/BOOTX64.EFI
    rm "$mount/core.efi" "$mount/early.cfg"
    ;;
esac
# In the environment of every command of the program: by LANG 00_header decides whether GRUB's menu is translated.
env -u LANG LC_ALL=C.UTF-8 chroot "$mount" update-grub
rm -f "$link"
grep -q "root=UUID=$uuid" "$mount/boot/grub/grub.cfg"
sync
