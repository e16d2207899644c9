"""Short folders, as the socket of ssh needs them."""

from tests.remote.conftest import tmp_path as tmp_path
