"""What runs in the box beside a notebook: its driver, the look into memory, pytest's plugin, fixed seeds."""
