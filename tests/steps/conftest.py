"""What several subjects' tests start from."""

from tests.steps.boot_world import at as at
