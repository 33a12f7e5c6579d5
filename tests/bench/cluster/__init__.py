"""Measurements of the cluster, on real Kafka and S3 of this machine."""
