"""The repository itself as if it were a submission: what a fresh clone of it would have."""

import os
import shutil
import subprocess
from pathlib import Path

MADE = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "*.egg-info")


def copy_tracked(root: Path, into: Path) -> Path:
    """Copy what git tracks or would, as it is now, to `into`; without git, all but what tools make."""
    try:
        listing = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return shutil.copytree(root, into, symlinks=True, ignore=MADE)
    into.mkdir(parents=True)
    for name in filter(None, os.fsdecode(listing).split("\0")):
        source, target = root / name, into / name
        if source.is_file() or source.is_symlink():  # a tracked file may be deleted, or be a submodule
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return into
