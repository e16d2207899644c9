"""Joins a Debian host to a virtual-machine cluster on shared iSCSI storage: the engine, without any screen."""

__version__ = "0.2.0"
