"""The packages step over this machine's own apt and dpkg, in trees of their own with a pool of their own."""
