"""Each speed promise as a script that prints one table of ratios, both sides run in turn."""
