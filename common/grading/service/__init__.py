"""A submission's service: read from its Dockerfiles and compose file, started in the box, and talked to."""
