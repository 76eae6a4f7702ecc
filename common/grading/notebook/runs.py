"""Runs a notebook in the box, and its tests again: on the same, on almost the same, on other data."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from common.grading.material import read_tables, write_tables
from common.grading.notebook.find import Notebook
from common.grading.notebook.inside.look import swapped
from common.grading.notebook.seen import Column, Seen, Session, read_seen
from common.grading.runs import how_it_ended
from common.grading.sandbox import WORK, Box
from common.grading.submission import scratch_copy

INSIDE = Path(__file__).with_name("inside")
SCRIPTS = {"workbook_look.py": "look.py", "workbook_tests.py": "tests.py", "sitecustomize.py": "site.py"}
DRIVE = (INSIDE / "drive.py").read_text(encoding="utf-8")
JOB = ".workbook-job-"
WHOLE, CELL = 0.8, 0.5  # of the time limit: the rest is for starting, and for looking at what was done
NOT_MADE = {".git", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".venv"}
MOST_SESSIONS = 3

__all__ = ["NotebookRuns", "how_it_ended"]


@dataclass
class NotebookRuns:
    box: Box
    root: Path  # of the submission; never run in, only copied
    notebook: Notebook
    scratch: Path
    needs_colab: bool = False
    _again: dict[str, list[Session]] = field(default_factory=dict)

    @cached_property
    def whole(self) -> Seen:
        """The notebook from a clean start; once more with a stand-in for Colab when it asks for that."""
        seen = self._execute([])
        if seen.error == "ModuleNotFoundError" and "google" in seen.line:
            self.needs_colab = True
            seen = self._execute([])
        return seen

    def _execute(self, swaps: list[dict]) -> Seen:
        tree = scratch_copy(self.root, self.scratch)
        return self._run(tree, str(self.notebook.path.parent), swaps, {"notebook": self.notebook.path.name})

    def _run(self, tree: Path, folder: str, swaps: list[dict], job: Mapping[str, object]) -> Seen:
        wall_s = self.box.limits.wall_s
        whole = {
            "notebook": None,
            "pytest": [],
            "colab": self.needs_colab,
            "swaps": swaps,
            "whole_s": wall_s * WHOLE,
            "cell_s": wall_s * CELL,
            "scripts": {name: (INSIDE / file).read_text("utf-8") for name, file in SCRIPTS.items()},
        }
        number, name = tempfile.mkstemp(prefix=JOB, dir=tree / folder)  # a name that is not taken
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(whole | dict(job), file)
        Path(name).chmod(0o644)
        before = _states(tree)
        run = self.box.run(
            ["python", "-I", "-c", DRIVE, Path(name).name],
            tree,
            folder=folder,
            env={"WORKBOOK_WORK": self._home(tree)},
        )
        after = _states(tree)
        made = frozenset(path for path, state in after.items() if before.get(path) != state)
        return read_seen(run, tree, made)

    def _home(self, tree: Path) -> str:
        return str(tree.resolve()) if self.box.trusted else WORK

    @cached_property
    def file_columns(self) -> list[Column]:
        """The columns of the tables that the whole run wrote."""
        paths = sorted(self.whole.tree / path for path in self.whole.made)
        columns = []
        for table in read_tables([path for path in paths if path.is_file()], self.box):
            name = table.path.relative_to(self.whole.tree).with_suffix("").as_posix()
            names = [str(number) for number in range(table.numbers.shape[1])]
            if (cells := getattr(table, "cells", None)) and table.first_row:
                names = [cells[0][column] for column in table.columns]
            columns += [
                Column("file", "", name, column, numbers)
                for column, numbers in zip(names, table.numbers.T, strict=True)
            ]
        return columns

    @cached_property
    def sessions(self) -> list[Session]:
        """The sessions of pytest in the whole run, of those that were repeated the last."""
        return last_sessions(self.whole)

    @cached_property
    def test_files(self) -> list[Path]:
        """The files of tests that the whole run wrote."""
        names = [path for path in self.whole.made if path.suffix == ".py"]
        return sorted(path for path in names if "test" in path.stem)

    @cached_property
    def written_tests(self) -> list[Session]:
        """What to run: the notebook's own sessions, or else the files of tests that it never ran."""
        if self.sessions or not self.test_files:
            return self.sessions
        folder = f"{self._home(self.whole.tree)}/{self.notebook.path.parent}"
        files = [os.path.relpath(path, self.notebook.path.parent) for path in self.test_files]
        return [Session(tuple(files), folder, False, {}, 0, "", None, 0)]

    def run_tests(self, swaps: list[dict]) -> tuple[list[Session], int]:
        """Run the tests again where the whole run ended, with datasets swapped; count what was swapped.

        Tests that need the kernel's own variables are run by the whole notebook once more.
        """
        if self.needs_kernel:
            seen = self._execute(swaps)
            found = last_sessions(seen)
            return found, sum(one.swapped for one in found)
        return self._run_plain(swaps)

    @cached_property
    def needs_kernel(self) -> bool:
        if not any(session.inside for session in self.written_tests):
            return False
        again, _ = self._run_plain([])
        return [one.summary for one in again] != [one.summary for one in self.written_tests]

    def _run_plain(self, swaps: list[dict]) -> tuple[list[Session], int]:
        tree = scratch_copy(self.whole.tree, self.scratch)
        count = self._swap_files(tree, swaps)
        sessions = []
        for session in self.written_tests:
            home = self._home(self.whole.tree)
            folder = os.path.relpath(session.folder, home)
            if folder.startswith("..") or not (tree / folder).is_dir():
                continue
            args = [arg.replace(home, self._home(tree)) for arg in session.args]
            seen = self._run(tree, folder, swaps, {"pytest": args})
            sessions += seen.sessions[:1]
        return sessions, count + sum(one.swapped for one in sessions)

    def _swap_files(self, tree: Path, swaps: list[dict]) -> int:
        if not swaps:
            return 0
        swaps = [swap | {"elsewhere": set(swap["elsewhere"])} for swap in swaps]
        changes = []
        for table in read_tables(sorted(tree / path for path in self.whole.made), self.box):
            numbers = table.numbers.copy()
            for position in range(numbers.shape[1]):
                new = swapped(numbers[:, position], swaps)
                if new is not None:
                    numbers[:, position] = new
            changes.append((table, numbers))
        write_tables(changes, self.box)
        return sum(not np.array_equal(table.numbers, new, equal_nan=True) for table, new in changes)


def last_sessions(seen: Seen) -> list[Session]:
    last = {(one.args, one.folder): one for one in seen.sessions}
    return [one for one in last.values() if one.outcomes or one.broken or one.skipped][-MOST_SESSIONS:]


def _states(tree: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of each file; links are not followed, what tools make is left out."""
    states = {}
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in NOT_MADE]
        for name in names:
            path = Path(folder, name)
            if not name.startswith(JOB) and not path.is_symlink() and path.is_file():
                state = path.stat()
                states[path.relative_to(tree)] = (state.st_size, state.st_mtime_ns)
    return states
