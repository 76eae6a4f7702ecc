"""What two labs share, and the grader."""
