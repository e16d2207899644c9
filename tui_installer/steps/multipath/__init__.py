"""The multipath maps."""
