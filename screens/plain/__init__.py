"""The program as numbered lines: for screen readers, expect scripts, and consoles too small or too old for a screen.

The same steps, questions, plans and confirmations; what scrolled by is the record of what was done. No Textual here.
"""
