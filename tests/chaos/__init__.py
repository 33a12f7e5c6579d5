"""Real services under fire: processes killed, stopped and cut off, with everything counted afterwards."""
