"""Tests of the editors of configuration files."""
