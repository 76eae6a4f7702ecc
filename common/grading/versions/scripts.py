"""Runs the scripts that create the versions: the pipeline, `dvc repro`, or the scripts one by one."""

import ast
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from common.grading.evidence import NETWORK_ERRORS
from common.grading.opening.decoding import decode
from common.grading.opening.hints import PIPELINE_NAMES, STAGE_NAMES
from common.grading.runs import how_it_ended
from common.grading.sandbox import WORK, Box, Run
from common.grading.stages import STAGES
from common.grading.submission import scratch_copy
from common.grading.texts import text
from common.grading.versions.documents import is_other_lab
from common.grading.versions.passengers import CALL, FOLDER, put_passengers, were_used

SOURCES, FILES, SOURCE_BYTES, DEPTH = 12, 200, 1 << 20, 3
NOT_SOURCES = {".git", ".dvc", "tests", "test", "node_modules", "venv", ".venv", "env", "__pycache__", FOLDER}
NOT_CREATING = re.compile(r"test_.*|.*_test\.py|conftest\.py|setup\.py|__init__\.py")
TABLES = (".csv", ".tsv", ".parquet")
SNAPSHOTS, SNAPSHOT_BYTES = 60, 32 << 20
NOTEBOOKS = 3
EXECUTE = ("python", "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "/tmp")  # noqa: S108
REPRO = "git rev-parse -q --git-dir >/dev/null 2>&1 || git init -q; exec python -m dvc repro"
QUIET = {"DVC_NO_ANALYTICS": "1", "GIT_TERMINAL_PROMPT": "0", "MPLBACKEND": "Agg"}
FILE_MISSING = re.compile(
    r"FileNotFoundError|No such file|does not exist|missing data|Unable to find", re.IGNORECASE
)


@dataclass(frozen=True)
class Step:
    name: str  # what was typed
    run: Run

    @property
    def ok(self) -> bool:
        return self.run.exit_code == 0

    @property
    def asks_for_network(self) -> bool:
        return bool(NETWORK_ERRORS.search(self.run.stderr))

    def lacks(self, names: set[str]) -> bool:
        """Say whether it failed for want of one of these files."""
        error = self.run.stderr[-4000:]
        return bool(FILE_MISSING.search(error)) and any(name in error for name in names if name)

    @property
    def how(self) -> str:
        return how_it_ended(self.run)


@dataclass
class Tried:
    """One way of running them, in a tree of its own."""

    tree: Path
    steps: list[Step] = field(default_factory=list)

    @property
    def succeeded(self) -> list[Step]:
        return [step for step in self.steps if step.ok]

    @property
    def failed(self) -> list[Step]:
        return [step for step in self.steps if not step.ok]

    @property
    def ok(self) -> bool:
        return bool(self.steps) and not self.failed


class Scripts:
    """The creating scripts below `lab`, a folder of `root`; `snapshots` collects the tables they make."""

    def __init__(self, root: Path, lab: Path, box: Box, scratch: Path) -> None:
        self.root, self.lab, self.box, self.scratch = root, lab, box, scratch
        self.snapshots = scratch / "snapshots"
        self.taken = 0
        self.seconds = 0.0
        self.gave_passengers = False
        self.files = list(islice(walk(lab), FILES))
        self.sources = {file: read_source(file) for file in self.files}

    def try_all(self, supplies: Iterable[Callable[[Path], None]]) -> list[Tried]:
        """Try each way in a fresh copy with each of the `supplies` of data; end with one that works.

        All together may take as long as one run may.
        """
        tried: list[Tried] = []
        for supply in supplies:
            for way in (self._pipeline, self._one_by_one, self._stages):  # DVC is the slowest to start
                tree = scratch_copy(self.root, self.scratch)
                supply(tree)
                one = Tried(tree)
                for step in way(tree):
                    one.steps.append(step)
                    self.seconds += step.run.seconds
                    if step.run.stopped or self.seconds > self.box.limits.wall_s:
                        return [*tried, one]
                if one.steps:
                    tried.append(one)
                if one.ok:
                    return tried
        return tried

    def _pipeline(self, tree: Path) -> Iterator[Step]:
        found = [file for file in self.files if file.name.lower() in PIPELINE_NAMES]
        if not found:
            found = [file for file in self.files if file.suffix == ".sh"][:1]
        if found:
            yield self._step(["bash", found[0].name], tree, found[0].parent)

    def _stages(self, tree: Path) -> Iterator[Step]:
        for file in [file for file in self.files if file.name == "dvc.yaml"][:1]:
            if re.search(r"(?m)^stages:", self.sources[file]):
                yield self._step(["sh", "-c", REPRO], tree, file.parent, "dvc repro")

    def _one_by_one(self, tree: Path) -> Iterator[Step]:
        if not self.creating:
            for file in [file for file in self.files if file.suffix == ".ipynb"][:NOTEBOOKS]:
                yield self._step(
                    [*EXECUTE, file.name], tree, file.parent, text("notebook {file}", file=file.name)
                )
        for file in self.creating:
            for folder in dict.fromkeys((file.parent, self.lab, self.root)):
                step = self._step(["python", str(file.relative_to(folder))], tree, folder)
                if step.ok or step.run.stopped:
                    break
            yield step

    @property
    def creating(self) -> list[Path]:
        """The scripts that do something when they are run, in the order of the stages or of their names."""
        sources = {file: source for file, source in self.sources.items() if file.suffix == ".py"}
        imported = set().union(*map(_imports, sources.values())) if sources else set()
        acting = [
            file
            for file, source in sources.items()
            if not NOT_CREATING.fullmatch(file.name) and file.stem not in imported and acts(source)
        ]
        return sorted(acting, key=_place)[:SOURCES]

    def _step(self, command: list[str], tree: Path, folder: Path, name: str = "") -> Step:
        env = dict(QUIET)
        if not self.box.network and any(CALL in source for source in self.sources.values()):
            put_passengers(tree)
            env["PYTHONPATH"] = f"{tree if self.box.trusted else WORK}/{FOLDER}"
        place = str(folder.relative_to(self.root))
        if not (tree / place).is_dir():  # a script before took it away
            return Step(name or " ".join(command), Run((), 1, "", "", "its folder is gone", 0.0, ()))
        before = states(tree)
        run = self.box.run(command, tree, folder=place, env=env)
        self.gave_passengers |= were_used(tree)
        self._keep(tree, [path for path, state in states(tree).items() if before.get(path) != state])
        return Step(name or " ".join(command), run)

    def _keep(self, tree: Path, made: list[str]) -> None:
        for path in sorted(made):
            if self.taken < SNAPSHOTS and (tree / path).stat().st_size <= SNAPSHOT_BYTES:
                kept = self.snapshots / str(self.taken) / Path(path).name
                kept.parent.mkdir(parents=True)
                shutil.copyfile(tree / path, kept)
                self.taken += 1


def read_source(file: Path) -> str:
    with file.open("rb") as content:
        return decode(content.read(SOURCE_BYTES))


def walk(lab: Path) -> Iterator[Path]:
    """Yield scripts, notebooks and dvc.yaml, the nearest first; other labs may lie below the root."""
    found = []
    for place, folders, names in os.walk(lab):
        depth = len(Path(place).relative_to(lab).parts)
        folders[:] = sorted(
            name for name in folders if name not in NOT_SOURCES and depth < DEPTH and not is_other_lab(name)
        )
        found += [Path(place, name) for name in sorted(names)]
    for file in sorted(found, key=lambda file: (len(file.parts), file)):
        wanted = file.suffix in (".py", ".sh", ".ipynb") or file.name in ("dvc.yaml", *PIPELINE_NAMES)
        if wanted and file.is_file() and not file.is_symlink() and file.stat().st_size:
            yield file


def acts(source: str) -> bool:
    """Say whether a script does something when it is run: more than to define and to import."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of an escape that is none, for one
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # it will fail, and that is to be seen
    still = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    return any(
        not isinstance(node, still)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in tree.body
    )


def _imports(source: str) -> set[str]:
    return set(re.findall(r"^\s*(?:from|import)\s+\.?([A-Za-z_]\w*)", source, re.MULTILINE))


def _place(file: Path) -> tuple:
    stage = STAGE_NAMES.get(file.name)
    natural = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file.name.lower())]
    order = STAGES.index(stage) if stage else len(STAGES)
    return order, [(isinstance(part, str), part) for part in natural], str(file)


def states(tree: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of each table below `tree`; links are not followed."""
    found = {}
    for place, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in (".git", ".venv", "venv", FOLDER)]
        for name in names:
            path = Path(place, name)
            if name.lower().endswith(TABLES) and not path.is_symlink() and path.is_file():
                state = path.stat()
                found[path.relative_to(tree).as_posix()] = (state.st_size, state.st_mtime_ns)
    return found
