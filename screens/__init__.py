"""The full-screen front end of the engine: 80x24, keyboard only, legible in plain ASCII and without colour."""
