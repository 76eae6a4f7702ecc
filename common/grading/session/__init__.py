"""The parts of a grading session: see plugin.py, which pytest loads."""
