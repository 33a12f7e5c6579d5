"""Fault drills: real pipelines in trouble, a real Prometheus, the shipped rules with their time running faster."""
