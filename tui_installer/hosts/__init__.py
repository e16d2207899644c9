"""Reaching a machine: this one, or one behind ssh."""
