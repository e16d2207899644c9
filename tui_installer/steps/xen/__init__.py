"""The hypervisor."""
