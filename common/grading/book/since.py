"""Which entries of a folder of submissions changed since a revision of the git repository that has them."""

import subprocess
from pathlib import Path

from common.grading.texts import text
from common.stage import LabError


def changed_since(revision: str, submissions: Path) -> set[str]:
    """Return the names of the entries that differ from `revision`; LabError where git cannot say."""
    listed = _git(submissions, "diff", "--name-only", "--relative", "-z", revision, "--", ".")
    listed += _git(submissions, "ls-files", "--others", "--exclude-standard", "-z")
    return {Path(name).parts[0] for name in listed.split("\0") if name}


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *words]
    try:
        ended = subprocess.run(command, capture_output=True, encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        raise LabError(text("--since needs git: type  sudo apt-get install git")) from None
    if ended.returncode:
        why = (ended.stderr.strip().splitlines() or [""])[0]
        raise LabError(
            text("--since: git says of '{folder}': {why}: give a revision of it", folder=folder, why=why)
        )
    return ended.stdout
