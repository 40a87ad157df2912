"""Benchmarks against a hand-written loop. `python -m benchmarks` runs them; `docs/performance.md` says how to read them."""
