"""Makes the empty workbook that a student works in, from this repository's own labs."""
