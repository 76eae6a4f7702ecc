"""A conveyor that was exported from Jenkins: finds its file, reads it, maps it to a copy, and runs that."""
