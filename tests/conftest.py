"""Settings of all tests."""

import os

from hypothesis import settings

# A shared, slow machine must not fail a property for taking its time.
settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
