"""What an example of lab 4 is, and the parts that most of them share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.tests.submissions.lab4.tables import DVC_YAML, REPORT, SCRIPTS, titanic
from common.tests.submissions.lab4.work import Work

TITANIC = "lab4/data/titanic.csv"
SUBJECTS = ("select three columns", "fill the missing ages with the mean", "one-hot encoding of the sex")
TAGS = ("v1", "v2", "v3")


@dataclass(frozen=True)
class Example:
    points: int  # of 20, by lab4's rubric
    stands_for: str
    build: Callable[[Path], Path]  # in an empty folder; returns what is handed in


def register(examples: dict[str, Example], points: int, stands_for: str) -> Callable:
    def add(build: Callable[[Path], Path]) -> Callable[[Path], Path]:
        examples[build.__name__] = Example(points, stands_for, build)
        return build

    return add


def begin(place: Path, remote: str = "storage") -> Work:
    """Return a repository with DVC and a remote, committed; `storage` is a folder in it that git ignores."""
    work = Work(place / "work")
    work.dvc("init")
    if remote == "storage":
        work.write(".gitignore", "/storage\n")
        (work.root / "storage").mkdir()
    if remote:
        work.dvc("remote", "add", "-d", "storage", remote)
    work.commit("set up DVC")
    return work


def tell(work: Work, folder: str = "lab4", *, scripts: dict[str, str] = SCRIPTS, dag: str = DVC_YAML) -> None:
    """Add scripts, report and DAG."""
    for name, content in (scripts | {"README.md": REPORT} | ({"dvc.yaml": dag} if dag else {})).items():
        work.write(f"{folder}/{name}", content)
    work.commit("scripts and report")


def keep_all(work: Work) -> None:
    """Make the versions, each with its tag; nothing is pushed."""
    for table, subject, tag in zip(titanic(), SUBJECTS, TAGS, strict=True):
        work.keep(TITANIC, table, subject, tag)


def push_all(work: Work, tables: list[str] | None = None) -> None:
    """Make the versions, each with its tag, and push each."""
    for table, subject, tag in zip(tables or titanic(), SUBJECTS, TAGS, strict=False):
        work.keep(TITANIC, table, subject, tag)
        work.dvc("push")


def hand_in(work: Work, *without: str) -> Path:
    """Return the folder, as others get it: without the cache, and the data as a fresh clone lacks it."""
    work.remove(*[path for path in without if (work.root / path).exists()])
    return work.root
