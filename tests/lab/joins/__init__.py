"""Joins of real hosts, told as stories: what an operator does, and what must then be so."""
