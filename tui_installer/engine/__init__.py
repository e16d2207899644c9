"""Planning, applying, verifying and taking back, and what is kept of it."""
