"""The parts of opening a submission: see submission.py and stages.py."""
