"""The history of a submission's datasets: read in a box by real git, one `History` for each repository."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from common.grading.opening.gitfolder import disarm
from common.grading.runs import how_it_ended
from common.grading.sandbox import Box, Limits
from common.grading.submission import scratch_copy
from common.grading.texts import text
from common.grading.versions.yamls import mappings, named, read_yaml

SCRIPT = Path(__file__).with_name("boxed_git.py").read_text(encoding="utf-8")
LIMITS = Limits(wall_s=120, memory_mb=2048, disk_mb=3072)
FACTS_BYTES = 128 << 20


@dataclass(frozen=True)
class Commit:
    id: str
    subject: str
    tags: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.tags[0] if self.tags else self.id[:7]


@dataclass(frozen=True)
class File:
    """A file of DVC as one commit brought it."""

    commit: int  # its number, the oldest is 0
    path: str  # in the repository
    text: str


@dataclass(frozen=True)
class Stage:
    """A stage of a dvc.yaml."""

    pointer: str  # the dvc.yaml
    name: str
    command: object


@dataclass(frozen=True)
class History:
    folder: str  # of git, below the submission's root; "" for a tree that git knows nothing of
    commits: tuple[Commit, ...]  # oldest first
    files: tuple[File, ...]
    now: dict[str, int] = field(repr=False)  # path and bytes of what the branches hold today
    ever: frozenset[str] = field(repr=False)  # paths of what any commit held
    cloned: bool
    shallow: bool
    damage: str  # what git complained about
    cut: bool  # there is more history than is looked at
    experiments: int  # of `dvc exp run`

    @property
    def has_git(self) -> bool:
        return bool(self.folder)

    @property
    def home(self) -> str:
        """The folder of the work tree below the submission's root, '' or with a slash at its end."""
        return self.folder.removesuffix(".git") if self.folder.endswith("/.git") else ""

    def named(self, *names: str) -> list[File]:
        """Return the files with one of these names or suffixes, oldest first."""
        return [file for file in self.files if file.path.endswith(names)]

    @cached_property
    def outs(self) -> list[tuple[File, dict]]:
        """Everything that a .dvc or a dvc.lock keeps, with the file that says so; oldest first."""
        return [(file, out) for file in self.named(".dvc", "dvc.lock") for out in outs_of(file)]

    @cached_property
    def stages(self) -> list[Stage]:
        newest = {file.path: file.text for file in self.named("dvc.yaml")}
        return [
            Stage(path, name, stage["cmd"])
            for path, content in newest.items()
            for name, stage in named(read_yaml(content).get("stages")).items()
            if stage.get("cmd")
        ]


@dataclass(frozen=True)
class Reading:
    """What was read of a tree: its repositories, and the tree itself as git would see it."""

    repositories: tuple[History, ...]
    tree: History
    root: Path  # the tree, or what was checked out where a bare repository came alone
    damage: str = ""  # why nothing could be read


def reading_box(box: Box) -> Box:
    """Return a box with the grader's own interpreter, whatever the work itself is run with."""
    return Box(LIMITS, trusted=box.trusted, python=Path(sys.executable))


@contextmanager
def copied(root: Path, scratch: Path) -> Iterator[Path]:
    """Yield a folder for one run with a copy of `root` in it as tree/."""
    folder = Path(tempfile.mkdtemp(prefix="reading-", dir=scratch))
    folder.chmod(0o755)
    scratch_copy(root, folder).rename(folder / "tree")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_history(root: Path, box: Box, scratch: Path) -> Reading:
    """Read all repositories below `root`, which is not changed."""
    with copied(root, scratch) as folder:
        disarm(folder / "tree")
        run = reading_box(box).run(["python", "-I", "-c", SCRIPT], folder)
        facts, checkout = folder / "facts.json", folder / "checkout"
        if not facts.is_file() or facts.is_symlink() or facts.stat().st_size > FACTS_BYTES:
            nothing = History("", (), (), {}, frozenset(), False, False, "", False, 0)
            return Reading((), nothing, root, text("the reader {how}", how=how_it_ended(run)))
        if checkout.is_dir():
            kept = Path(tempfile.mkdtemp(prefix="checkout-", dir=scratch))
            root = checkout.rename(kept / "checkout")
        read = json.loads(facts.read_text(encoding="utf-8"))
    return Reading(tuple(map(_history, read["repositories"])), _history(read["tree"]), root)


def _history(facts: dict) -> History:
    return History(
        folder=facts["folder"],
        commits=tuple(Commit(id, subject, tuple(tags)) for id, subject, tags in facts["commits"]),  # noqa: A001
        files=tuple(File(**file) for file in facts["files"]),
        now=dict(facts["now"]),
        ever=frozenset(facts["ever"]),
        cloned=facts["cloned"],
        shallow=facts["shallow"],
        damage=facts["damage"],
        cut=facts["cut"],
        experiments=facts["experiments"],
    )


def outs_of(file: File) -> list[dict]:
    """Return what a .dvc or dvc.lock says it keeps, each a mapping of path, md5, size and more."""
    content = read_yaml(file.text)
    if file.path.endswith(".dvc"):
        wdir = content.get("wdir")
        outs = mappings(content.get("outs"))
        return [out | {"wdir": wdir} for out in outs] if isinstance(wdir, str) else outs
    stages = content.get("stages", content)  # of the old form: the stages themselves
    return [out for stage in named(stages).values() for out in mappings(stage.get("outs"))]
