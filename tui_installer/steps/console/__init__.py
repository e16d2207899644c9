"""The boot loader and the serial console."""
