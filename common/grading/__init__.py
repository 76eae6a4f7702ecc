"""The grader: runs anybody's labs in a box and tells the truth about them."""
