"""What can be seen on a host. Each module has frozen facts, a probe that asks a host, pure parsers of its answers."""
