"""Export: what trainers take away, as a folder of files that appears whole or not at all."""
