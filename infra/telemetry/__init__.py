"""What a process tells the outside of itself: whether it is alive and at work, and what it has counted, over HTTP."""
