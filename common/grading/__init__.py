"""Grades anybody's labs: runs them in a box, judges by behaviour, tells the truth about it."""
