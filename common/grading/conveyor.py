"""Runs a lab's conveyor in the box: whole as `bash pipeline.sh`, or stage by stage from a tree it left.

A stage alone is run as the pipeline was seen to run it: same arguments, same folder.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.grading.journal import NOT_MADE, file_states
from common.grading.sandbox import PLAIN, WORK, Box, Run, Setting, Started
from common.grading.stages import Layout
from common.grading.submission import scratch_copy
from common.grading.texts import text

PARTS = {  # "latest" and "constraints" are neither
    "train": re.compile(r"(?<!cons)train|обуч", re.IGNORECASE),
    "test": re.compile(r"(?<!la)(?<!con)(?<!pro)test|valid|(?<![a-z])val(?![a-z])|тест", re.IGNORECASE),
}
# fmt: off
MODELS = {".pkl", ".pickle", ".joblib", ".sav", ".model", ".skops", ".cbm", ".onnx", ".pt", ".pth", ".ckpt",
          ".safetensors", ".h5", ".keras", ".ubj"}
MAY_BE_MODELS = {".bin", ".json", ".npz", ".npy", ".txt", ".dump", ".gz", ""}
DATA = MODELS | {".csv", ".tsv", ".txt", ".npy", ".npz", ".parquet", ".feather", ".xlsx", ".dat", ".data"}
# fmt: on


class CannotTellError(Exception):
    """The evidence for a criterion cannot be had; the message says why."""


@dataclass(frozen=True)
class Ran:
    """A run and the tree it left; `made` are the files it wrote, relative to the tree."""

    run: Run
    tree: Path
    lab: Path  # the lab's folder, relative to the tree
    made: frozenset[Path]

    def files(self, part: str) -> list[Path]:
        """Return what was made of `part`, train or test, and is there, as absolute paths."""
        paths = (self.tree / path for path in self.made if part_of(path, self.lab) == part)
        return sorted(path for path in paths if path.is_file())

    @property
    def models(self) -> list[Path]:
        """Return the model files that a training stage made, relative to the tree."""
        return sorted(
            path
            for path in self.made
            if (suffix := path.suffix.lower()) in MODELS
            or (suffix in MAY_BE_MODELS and not part_of(path, self.lab))
        )


@dataclass
class Conveyor:
    box: Box
    root: Path  # of the submission; never run in, only copied
    layout: Layout
    scratch: Path
    started: dict[str, Started] = field(default_factory=dict)  # stage -> how the pipeline ran it
    python_path: str = ""  # the first that the pipeline gave to an interpreter

    @property
    def setting(self) -> Setting:
        """What each run has besides."""
        return PLAIN

    def run_pipeline(self, tree: Path) -> Ran:
        """Run the whole pipeline in `tree` and remember how it starts its stages."""
        ran = self._run(self._pipeline_command(tree), tree, str(self.layout.run_from))
        for process in ran.run.started:
            process = _moved(process, self._home(tree), WORK)
            self.python_path = self.python_path or process.python_path
            for stage, file in self.layout.stages.items():
                if file and is_run_of(process, file):
                    self.started.setdefault(stage, process)
        return ran

    def _pipeline_command(self, tree: Path) -> list[str]:  # noqa: ARG002  another kind writes it into the tree
        assert self.layout.pipeline  # noqa: S101
        return ["bash", str(Path("/", self.layout.pipeline).relative_to(Path("/", self.layout.run_from)))]

    def run_stage(self, stage: str, tree: Path) -> Ran:
        file = self.layout.stages[stage]
        assert file  # noqa: S101
        home = self._home(tree)
        alone = Started((f"{WORK}/{file}",), None, f"{WORK}/{self.layout.run_from}", self.python_path)
        seen = self.started.get(stage, alone)
        if not Path(seen.folder).is_relative_to(WORK):
            seen = replace(alone, python_path=seen.python_path)
        seen = _moved(seen, WORK, home)
        env = {"PYTHONPATH": seen.python_path}
        return self._run(["python", *seen.arguments], tree, str(Path(seen.folder).relative_to(home)), env)

    def _home(self, tree: Path) -> str:
        """Return where a run finds `tree`: in the box always at the same place."""
        return str(tree.resolve()) if self.box.trusted else WORK

    def copy(self, tree: Path) -> Path:
        return scratch_copy(tree, self.scratch)

    def fresh(self) -> Path:
        """Return a copy of the submission without what the run is to make."""
        return self.clean(self.copy(self.root))

    def clean(self, tree: Path) -> Path:
        """Remove models, and data of train and test, from a tree; folders stay."""
        lab = tree / self.layout.folder
        for path in sorted(lab.rglob("*")):
            if path.is_symlink() or not path.is_file() or set(path.relative_to(tree).parts) & set(NOT_MADE):
                continue
            if path.name.startswith("requirements"):  # requirements-test.txt
                continue
            suffix, part = path.suffix.lower(), part_of(path.relative_to(lab))
            if suffix in MODELS or (part and suffix in DATA):
                path.unlink()
        return tree

    def _run(self, command: list[str], tree: Path, folder: str, env: Mapping[str, str] | None = None) -> Ran:
        if not (tree / folder).is_dir():  # a run before moved it away, or a record of it was forged
            raise CannotTellError(text("there is no folder '{folder}' to run it in", folder=folder))
        before = file_states(tree)
        run = self.box.run(command, tree, folder=folder, env=env, setting=self.setting)
        after = file_states(tree)
        made = frozenset(path for path, state in after.items() if before.get(path) != state)
        return Ran(run, tree, self.layout.folder, made)


def is_run_of(process: Started, file: Path) -> bool:
    """Whether a process runs this script: `python a.py`, `python -u x/a.py`, `python -m a`."""
    arguments = list(process.arguments)
    while arguments and arguments[0].startswith("-") and arguments[0] not in ("-m", "-c"):
        arguments.pop(0)
    if arguments[:1] == ["-m"]:
        return arguments[1:2] != [] and arguments[1].rpartition(".")[2] == file.stem
    return arguments[:1] != [] and Path(arguments[0]).name == file.name


def _moved(process: Started, home: str, other: str) -> Started:
    """Return the same process as it would be in another folder."""
    return replace(
        process,
        arguments=tuple(word.replace(home, other) for word in process.arguments),
        folder=process.folder.replace(home, other),
        python_path=process.python_path.replace(home, other),
    )


def part_of(path: Path, lab: Path = Path()) -> str | None:
    """Return train or test by the words of a path below the lab's folder, the last that says so; or None."""
    if path.suffix in (".py", ".sh", ".ipynb", ".md"):
        return None
    path = path.relative_to(lab) if path.is_relative_to(lab) else path
    for word in reversed([*path.parts[:-1], path.stem]):
        found = [part for part, pattern in PARTS.items() if pattern.search(word)]
        if len(found) == 1:
            return found[0]
    return None
