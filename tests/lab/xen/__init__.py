"""A real machine for the boot: QEMU with Debian 13 on a disk of its own, GRUB, and Xen; one serial line."""
