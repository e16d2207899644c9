"""Data of the program: the screens' style sheet, templates and runbook pages."""
