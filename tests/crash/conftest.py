"""Run for `make crash-test` alone: it takes its time."""

import os

collect_ignore = [] if os.environ.get("CRASH_TEST") else ["test_crash.py"]
