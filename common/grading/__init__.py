"""The grader: anybody's labs, run in a box and judged by what they did."""
