"""Ways to do the same work, and what the benchmarks share: models, work, measuring.

Nothing in here knows which question a benchmark asks. How the engine sees a model of the library is in `triwire.py`
alone. Peers that are not installed are left out with a line that says so.
"""
