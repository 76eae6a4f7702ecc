"""Versions of datasets: what git and DVC recorded of them, and what of it can be had and makes sense."""
