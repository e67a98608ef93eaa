"""Benchmarks: what the product does on this machine, each figure beside a baseline of the same run."""
