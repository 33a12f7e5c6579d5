"""The loop that workers, director, collector and recorder share, and what runs around it."""
