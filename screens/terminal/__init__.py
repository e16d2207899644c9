"""What the line can do, and the driver that paints it in few bytes."""
