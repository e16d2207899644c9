"""The steps of the Red Hat Cluster Suite's stack, as Debian had it from etch to squeeze; `release.py` is its data."""
