"""Moving guests from one member to another."""
