"""Benchmarks: real processes on private servers, measured from outside. `make bench` runs them."""
