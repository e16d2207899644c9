"""How many bytes, and how much time, the screens take on a serial line, beside ncurses painting the same pictures."""
