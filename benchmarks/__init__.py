"""How fast, against whom, measured how: run ``python -m benchmarks``."""
