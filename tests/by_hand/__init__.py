"""The join as it would be done by hand, to measure the installer against."""
