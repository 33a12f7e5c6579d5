"""Ledger stores: small documents with compare-and-set, in memory and in SQLite."""
