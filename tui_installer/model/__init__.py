"""The nouns of the program: answers, changes, steps, stacks, what the members tell."""
