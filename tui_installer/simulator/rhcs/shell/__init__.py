"""A small POSIX shell for the simulated hosts: their init scripts are real text, and what is wrong in one fails."""
