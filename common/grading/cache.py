"""Where the grader keeps what it has made and can make again: environments, the imitation of Jenkins."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder, which need not exist yet, as the XDG base directory specification places it."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "mlops-workbook")
