"""Generators and editors that run diffusers pipelines on this machine: one host for all of them."""
