"""What reaches the line: its bytes, when they are sent, and what a terminal shows of them."""
