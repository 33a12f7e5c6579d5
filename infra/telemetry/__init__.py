"""What is told to Prometheus of a process and of the whole pipeline."""
