"""Measures the course against its budgets: `uv run python -m tests.benchmarks`.

A group is a module named rows_….py with a function `rows(stage)` that yields `table.Row`s.
A later lesson adds its rows by adding such a file.
"""
