"""Infra joins ports to adapters: stores, bus, the worker loop, the command line and the report."""
