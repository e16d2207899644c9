"""The reboot, and what comes back from it."""
