"""The data of versions, as far as they can be had: whether they are those recorded, and what is in them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.sandbox import Box
from common.grading.versions.datasets import Version
from common.grading.versions.history import History, copied, reading_box

SCRIPT = Path(__file__).with_name("boxed_data.py").read_text(encoding="utf-8")
FACTS_BYTES = 64 << 20
RIGHT, WRONG, MISSING = "right", "wrong", "missing"


@dataclass(frozen=True)
class Column:
    kind: str  # number, flag (0 and 1), text, empty
    missing: int
    mean: float | None  # of numbers
    words: tuple[str, ...]  # of texts: some of them


@dataclass(frozen=True)
class Table:
    rows: int
    columns: Mapping[str, Column]

    @property
    def missing(self) -> int:
        return sum(column.missing for column in self.columns.values())

    def of_kind(self, kind: str) -> set[str]:
        return {name for name, column in self.columns.items() if column.kind == kind}


@dataclass(frozen=True)
class Found:
    """What was found of one MD5."""

    state: str  # right, wrong (there is something else in its place) or missing
    tables: Mapping[str, Table] = field(default_factory=dict)  # by name
    files: Mapping[str, str] = field(default_factory=dict)  # name -> path below the root


def read_data(
    root: Path, history: History, versions: Iterable[Version], box: Box, scratch: Path
) -> dict[str, Found]:
    """Look for the data of versions in every store below `root`; by MD5."""
    wanted: dict[str, tuple[str, list[str]]] = {}
    for version in versions:
        _, paths = wanted.setdefault(version.md5, (Path(version.path).name, []))
        paths.append(f"{history.home}{version.path}")
    read = _run(root, {"objects": wanted, "tables": []}, box, scratch)
    found = {
        md5: Found(
            one["state"],
            {name: _table(table) for name, table in one["tables"].items()},
            {name: path.removeprefix("tree/") for name, path in one["files"].items()},
        )
        for md5, one in read.get("objects", {}).items()
    }
    return {md5: found.get(md5, Found(MISSING)) for md5 in wanted}


def read_tables(root: Path, paths: Iterable[str], box: Box, scratch: Path) -> dict[str, Table]:
    """Return those of the files that are tables, by their paths below `root`."""
    read = _run(root, {"objects": {}, "tables": sorted(paths)}, box, scratch)
    return {path: _table(table) for path, table in read.get("tables", {}).items()}


def _run(root: Path, wanted: dict, box: Box, scratch: Path) -> dict:
    with copied(root, scratch) as folder:
        (folder / "wanted.json").write_text(json.dumps(wanted), encoding="utf-8")
        reading_box(box).run(["python", "-I", "-c", SCRIPT], folder)
        facts = folder / "data.json"
        if not facts.is_file() or facts.is_symlink() or facts.stat().st_size > FACTS_BYTES:
            return {}
        return json.loads(facts.read_text(encoding="utf-8"))


def _table(facts: dict) -> Table:
    columns = {
        name: Column(one["kind"], one["missing"], one["mean"], tuple(one["words"]))
        for name, one in facts["columns"].items()
    }
    return Table(facts["rows"], columns)
