"""Benchmarks against a hand-written loop: ``python -m benchmarks`` runs them and prints a line for each case."""
