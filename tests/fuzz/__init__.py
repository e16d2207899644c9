"""Mutational fuzzing of everything that reads text from outside."""
