"""Tests of what is delivered: requirements, versions, the package, duplicated code."""
