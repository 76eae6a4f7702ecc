"""All that a rubric asks about the versions of a submission, each thing read or run when first asked for."""

import posixpath
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common.grading.opening.finding import find_lab
from common.grading.opening.gitfolder import disarm
from common.grading.sandbox import Box
from common.grading.versions.boxed_data import OBJECT
from common.grading.versions.data import RIGHT, Found, Table, read_data, read_tables
from common.grading.versions.datasets import NOT_DATA, Dataset, Version, find_datasets, pointers
from common.grading.versions.documents import read_words
from common.grading.versions.history import History, Reading, read_history
from common.grading.versions.meaning import Meaning, best_meaning, said
from common.grading.versions.remotes import Configuration, Remote, has_remote, read_configuration
from common.grading.versions.scripts import Scripts, Tried

DATA_SUFFIXES = (".csv", ".tsv", ".parquet", ".feather", ".xlsx", ".npy", ".npz", ".arff")
SMALLEST_DATA_BYTES = 1024  # a table below is an example, not data
DATASETS = 5  # that are looked into, those with the most versions
LOOKED_INTO = 60  # versions of one dataset


@dataclass(frozen=True)
class Uncommitted:
    config: bool
    remote: bool


class Case:
    def __init__(self, root: Path, box: Box, scratch: Path) -> None:
        self.box, self.scratch, self.given = box, scratch, root

    @cached_property
    def reading(self) -> Reading:
        return read_history(self.given, self.box, self.scratch)

    @property
    def root(self) -> Path:
        return self.reading.root

    @cached_property
    def lab(self) -> Path | None:
        """The lab's folder; the root where only its git folders tell of DVC; None when there is no lab."""
        if folder := find_lab(self.root, "lab4"):
            return folder
        return (
            self.root
            if any(file for history in self.reading.repositories for file in history.files)
            else None
        )

    @cached_property
    def own(self) -> History:
        """What was handed in: the repository with the most versions, or the tree where there is none."""
        candidates = list(self.reading.repositories)
        if not any(history.home == "" for history in candidates):
            candidates.append(self.reading.tree)
        return max(candidates, key=_worth)

    @cached_property
    def made(self) -> tuple[Path, History] | None:
        """The repository that a run of the lab made, with its tree; asked where `own` has no versions."""
        for tried in reversed(self.tried):
            disarm(tried.tree)
            reading = read_history(tried.tree, self.box, self.scratch)
            best = max(reading.repositories, key=_worth, default=None)
            if best and count_versions(best) > max(1, count_versions(self.own)):
                return tried.tree, best
        return None

    @property
    def is_made(self) -> bool:
        return count_versions(self.own) < 2 and self.made is not None

    @property
    def history(self) -> History:
        return self.made[1] if self.is_made else self.own

    @property
    def has_history(self) -> bool:
        return self.history.has_git

    @cached_property
    def datasets(self) -> list[Dataset]:
        return find_datasets(self.history)[:DATASETS]

    @property
    def versions(self) -> tuple[Version, ...]:
        return self.datasets[0].versions if self.datasets else ()

    @cached_property
    def configuration(self) -> Configuration:
        return read_configuration(self.history)

    @cached_property
    def uncommitted(self) -> "Uncommitted":
        """What of the configuration lies in the folder and is not in git: a config, or a config.local."""
        places = [place for place in dict.fromkeys((self.root, self.lab)) if place]
        files = [file for place in places for file in sorted(place.glob(".dvc/config*"))]
        texts = [read_words(file) for file in files if file.is_file() and not file.is_symlink()]
        return Uncommitted(bool(texts), any(map(has_remote, texts)))

    @cached_property
    def found(self) -> dict[str, Found]:
        """The data of the versions, by MD5."""
        return self._look_for(self.made[0], self.history) if self.is_made else self._own_data

    @cached_property
    def _own_data(self) -> dict[str, Found]:
        return self._look_for(self.given, self.own)

    def _look_for(self, root: Path, history: History) -> dict[str, Found]:
        versions = _looked_into(history)
        return read_data(root, history, versions, self.box, self.scratch) if versions else {}

    @cached_property
    def tables(self) -> list[list[Table]]:
        """For each dataset, the tables of its versions that can be had."""
        lists = []
        for dataset in self.datasets:
            found = [self.found[version.md5] for version in dataset.versions[:LOOKED_INTO]]
            lists.append([table for one in found for table in one.tables.values()])
        return lists

    @cached_property
    def meaning_of_data(self) -> Meaning:
        return best_meaning(self.tables)

    @cached_property
    def meaning_of_scripts(self) -> Meaning:
        """What the tables mean that the scripts make in the box."""
        if not self.tried or not self.scripts.taken:
            return Meaning(frozenset())
        files = [path.relative_to(self.scripts.snapshots) for path in self.scripts.snapshots.rglob("*.*")]
        tables = read_tables(self.scripts.snapshots, map(str, files), self.box, self.scratch)
        return best_meaning([list(tables.values())])

    @property
    def said(self) -> frozenset[str]:
        return said(
            part for version in self.versions for part in (version.commit.subject, *version.commit.tags)
        )

    @cached_property
    def scripts(self) -> Scripts:
        return Scripts(self.root, self.lab or self.root, self.box, self.scratch)

    @cached_property
    def tried(self) -> list[Tried]:
        if self.lab is None:
            return []
        return self.scripts.try_all(self._supplies())

    def _supplies(self) -> Iterator[Callable[[Path], None]]:
        """Yield what readies a tree: nothing; then the newest data put there, then the oldest."""
        yield lambda _: None
        if self.own.has_git:
            found = self._own_data
            had = [version for version in _looked_into(self.own) if found[version.md5].state == RIGHT]
            for order in (had, had[::-1]) if had else ():
                yield lambda tree, order=order: self._put(tree, order, found)

    def _put(self, tree: Path, versions: Iterable[Version], found: dict[str, Found]) -> None:
        """Put data where its pointer says, the last of the same path for good."""
        for version in versions:
            with suppress(OSError):  # the work may have put something else in its place
                self._put_one(tree, version, found[version.md5])

    def _put_one(self, tree: Path, version: Version, found: Found) -> None:
        target = tree / self.own.home / version.path
        is_folder = version.md5.endswith(".dir")
        for name, source in found.files.items():
            place = target / name if is_folder else target
            file = self.given / source
            is_inside = place.parent.resolve().is_relative_to(tree.resolve()) and not place.is_symlink()
            if is_inside and file.is_file() and not place.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.unlink(missing_ok=True)
                shutil.copyfile(file, place)

    @property
    def data_names(self) -> set[str]:
        """What the data of pointers is called: the scripts may miss it."""
        return {posixpath.basename(version.path) for version in pointers(self.history)}

    def data_in_git(self) -> tuple[list[str], list[str], list[str]]:
        """Return the tracked paths that are versioned data; other data or DVC's own store; what once was."""
        outs = {version.path for version in pointers(self.history)}
        now = self.history.now
        versioned = [path for path in now if _is_of(path, outs)]
        others = [path for path in now if path not in versioned and self._is_data(path, now[path])]
        past = [path for path in self.history.ever if path not in now and _is_of(path, outs)]
        return sorted(versioned), sorted(others), sorted(past)

    def _is_data(self, path: str, size: int) -> bool:
        if OBJECT.search(path):
            return True
        lab = self.lab.relative_to(self.root).as_posix() if self.lab else "."
        is_in_lab = self.history.home != "" or lab == "." or path.startswith(f"{lab}/")
        name = posixpath.basename(path)
        is_table = name.lower().endswith(DATA_SUFFIXES) and not NOT_DATA.search(name)
        return is_table and is_in_lab and size >= SMALLEST_DATA_BYTES

    def reachable(self, remotes: Iterable[Remote]) -> list[Remote]:
        """Return the remotes that are folders of what was handed in, or made."""
        root = self.made[0] if self.is_made else self.given
        home = root / self.history.home
        found = []
        for remote in remotes:
            place = posixpath.normpath(posixpath.join(posixpath.dirname(remote.config), remote.url))
            folder = (home / place).resolve()
            is_local = remote.is_folder and not place.startswith(("/", "~"))
            if is_local and folder.is_relative_to(root.resolve()) and folder.is_dir():
                found.append(remote)
        return found


def _looked_into(history: History) -> list[Version]:
    datasets = find_datasets(history)[:DATASETS]
    return [version for dataset in datasets for version in dataset.versions[:LOOKED_INTO]]


def count_versions(history: History) -> int:
    datasets = find_datasets(history)
    return len(datasets[0].versions) if datasets else 0


def _worth(history: History) -> tuple[int, bool, bool, bool]:
    return count_versions(history), bool(history.files), history.has_git, not history.cloned


def _is_of(path: str, outs: set[str]) -> bool:
    return path in outs or any(parent in outs for parent in _parents(path))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
