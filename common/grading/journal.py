"""Keeps what every run of a grading did, so that a question about a point can be answered later.

`--keep-runs DIR` writes, for each run in the box, DIR/07.json (command, folder, exit code, seconds, limits
met, interpreters started, files written) and DIR/07.stdout, DIR/07.stderr (capped).
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from common.atomic import replace_file
from common.grading.texts import text
from common.stage import LabError

if TYPE_CHECKING:
    from common.grading.sandbox import Run

NOT_MADE = ("__pycache__", ".git", ".venv", "venv", "env", "catboost_info", ".ipynb_checkpoints")  # by tools
KEPT = 64 * 1024  # characters of an output: the first half and the last
FILES = 1_000  # names of written files; a hostile run may write a hundred thousand


class Journal:
    def __init__(self, folder: Path) -> None:
        """`folder` is made anew; LabError where it cannot be, or where it has something already."""
        self.folder = folder
        self.runs = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise LabError(text("'{folder}' is not empty: give --keep-runs a new folder", folder=folder))
        except OSError as error:
            raise LabError(
                text(
                    "'{folder}' cannot be written ({why}): give --keep-runs another folder",
                    folder=folder,
                    why=error.strerror,
                )
            ) from None

    def keep(self, run: "Run", folder: str, written: Sequence[Path]) -> None:
        """Write down one run, made in `folder` of the submission, and the files it wrote there."""
        self.runs += 1
        record = {
            # the check that asked for it first: others may have looked at it, too
            "check": os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0],
            "command": run.command,
            "folder": folder,
            "exit_code": run.exit_code,
            "stopped": run.stopped,
            "seconds": round(run.seconds, 3),
            "started": [{"arguments": one.arguments, "exit_code": one.exit_code} for one in run.started],
            "written": [str(path) for path in written[:FILES]],
            "written_files": len(written),
            "left_out": run.left_out,
        }
        name = f"{self.runs:02}"
        self._write(f"{name}.json", json.dumps(record, indent=2) + "\n")
        self._write(f"{name}.stdout", _ends(run.stdout))
        self._write(f"{name}.stderr", _ends(run.stderr))

    def _write(self, name: str, content: str) -> None:
        try:
            with replace_file(self.folder / name) as temporary:
                temporary.write_text(content, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise LabError(
                text(
                    "'{file}' cannot be written ({why}): give --keep-runs a folder with space",
                    file=self.folder / name,
                    why=error.strerror,
                )
            ) from None


def file_states(tree: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of each file; links are not followed, what tools make is left out."""
    states = {}
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in NOT_MADE]
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                state = path.stat()
                states[path.relative_to(tree)] = (state.st_size, state.st_mtime_ns)
    return states


def _ends(output: str) -> str:
    if len(output) <= KEPT:
        return output
    left_out = len(output) - KEPT
    return f"{output[: KEPT // 2]}\n... {left_out} characters left out ...\n{output[-KEPT // 2 :]}"
