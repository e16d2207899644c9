#!/bin/sh
# put-file.sh DISK FILE PATH: a file onto the machine's disk while it is off.
set -eu
disk=$1 file=$2 path=$3
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
mount "${loop}p1" "$mount"
cp "$file" "$mount$path"
