"""What the laboratory raises."""


class LabError(Exception):
    """Something in the laboratory did not happen; the text says what was waited for and what was seen."""
