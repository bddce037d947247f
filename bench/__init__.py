"""Benchmarks: medians and ratios, printed; never a timed assertion in a test."""
