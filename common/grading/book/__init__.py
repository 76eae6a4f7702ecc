"""The parts of the gradebook: who handed in what, how it is graded, what is kept, the tables and the page."""
