"""Benchmarks: the hub and its peers on one database, with one load tool, in one run."""
