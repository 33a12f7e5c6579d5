"""Streams decide and keep: the plan, the director around it, the collector and the recorder."""
