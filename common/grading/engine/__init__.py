"""Images built and services run by a real Docker engine, for --engine: see workshop.py."""
