"""The packages of the stack."""
