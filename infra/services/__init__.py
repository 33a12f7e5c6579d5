"""Real Kafka and S3 servers on this machine, without a container engine: for tests, trials and `nhr services`."""
