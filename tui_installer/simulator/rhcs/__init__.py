"""The rhcs worlds: Debian etch, lenny and squeeze with Red Hat's cluster suite.

Each has a fresh host `bottom`, two members `top` and `left` and a SAN with two portals. What can go wrong is asked
for by faults in the world's state; CATALOGUE.md, beside this file, names them.
"""
