"""The ways to the storage network."""
