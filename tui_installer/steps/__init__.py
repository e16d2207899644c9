"""The steps, one a file. The tuples here are the one place where a step is registered; their order is the dependency."""
