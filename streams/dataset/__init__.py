"""The data set: what trainers take away, made of the shelf and the records."""
