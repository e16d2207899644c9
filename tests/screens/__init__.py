"""The screens, driven by keys on a screen of 80x24 over a real engine."""
