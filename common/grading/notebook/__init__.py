"""Finds a notebook, runs it in the box, and judges the data, the model and the tests that it makes."""
