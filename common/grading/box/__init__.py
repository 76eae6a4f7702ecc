"""The parts of the box: see sandbox.py, which puts them together."""
