"""The versions of a dataset: pointers of DVC with different MD5s that different commits brought."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from common.grading.versions.history import Commit, History

MD5 = re.compile(r"([0-9a-f]{32})(\.dir)?")
NOT_DATA = re.compile(r"model|metric|score|plot|param|report|figure|\blogs?\b|checkpoint", re.IGNORECASE)
# fmt: off
NOT_DATA_SUFFIXES = (".cbm", ".joblib", ".sav", ".model", ".skops", ".onnx", ".pt", ".pth", ".ckpt", ".h5",
                     ".safetensors", ".keras", ".ubj", ".png", ".svg", ".html", ".md", ".py")
# fmt: on
# What a name says of its version, not of its dataset.
VERSION_WORDS = re.compile(
    r"v(?:er(?:sion)?)?|\d+|raw|init\w*|orig\w*|select\w*|sub|fill\w*|imput\w*|no|nona|nan|na|mean|clean\w*"
    r"|enc\w*|ohe|one|hot|onehot|dumm\w*|feat\w*|proc\w*|prep\w*|mod\w*|new|final|full|age|sex|with|without|and"
)
PARTS = re.compile(r"train|test|valid", re.IGNORECASE)


@dataclass(frozen=True)
class Version:
    number: int  # of the commit that brought it
    commit: Commit
    path: str  # of the data, in the repository
    md5: str  # with .dir for a folder
    size: int | None
    pointer: str  # the .dvc or dvc.lock

    @property
    def name(self) -> str:
        return self.commit.name


@dataclass(frozen=True)
class Dataset:
    versions: tuple[Version, ...]  # oldest first; each brought by a commit of its own


def pointers(history: History) -> Iterator[Version]:
    """Yield each dataset that a pointer names, with every MD5 once for a path, where it came first."""
    seen = set()
    for file, out in history.outs:
        path, md5 = locate(file.path, out), str(out.get("md5") or out.get("checksum") or "")
        if path and MD5.fullmatch(md5) and (path, md5) not in seen and is_data(path, out):
            seen.add((path, md5))
            size = out.get("size")
            size = size if type(size) is int and size >= 0 else None
            yield Version(file.commit, history.commits[file.commit], path, md5, size, file.path)


def locate(pointer: str, out: dict) -> str | None:
    """Return the path of an out in the repository; None when it leads out of it."""
    named = str(out.get("path") or "").replace("\\", "/")
    if not named or "://" in named or re.match(r"/|[A-Za-z]:/", named):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(pointer), str(out.get("wdir") or "."), named))
    return None if path.startswith(("../", "/")) or path in ("..", ".") else path


def is_data(path: str, out: dict) -> bool:
    name = posixpath.basename(path)
    if out.get("cache") is False or name.lower().endswith(NOT_DATA_SUFFIXES):
        return False
    return not NOT_DATA.search(name)


def find_datasets(history: History) -> list[Dataset]:
    """Return the datasets with their versions, the one with the most first.

    One path is one dataset, and so are files that only a version tells apart: titanic_v1.csv,
    titanic_filled.csv. A version is what a commit brought that none had brought before: three files of one
    commit are one version.
    """
    by_name: dict[str, list[Version]] = {}
    for version in pointers(history):
        by_name.setdefault(f"={version.path}", []).append(version)
        by_name.setdefault(_family(version.path), []).append(version)
    datasets, seen = [], set()
    for versions in by_name.values():
        new: dict[str, Version] = {}
        for version in versions:
            new.setdefault(version.md5, version)
        first = {version.number: version for version in reversed(new.values())}
        kept = tuple(first[number] for number in sorted(first))
        if kept not in seen:
            seen.add(kept)
            datasets.append(Dataset(kept))
    return sorted(datasets, key=lambda dataset: -len(dataset.versions))


def _family(path: str) -> str:
    folder, name = posixpath.split(path)
    stem, suffix = posixpath.splitext(name.lower())
    words = [word for word in re.split(r"[\W_]+|(?<=\D)(?=\d)", stem) if word]
    kept = [word for word in words if not VERSION_WORDS.fullmatch(word)]
    part = PARTS.search(name)
    folder = re.sub(r"(?<=/)(?:v\d+|raw|processed|interim)(?=/|$)", "", f"/{folder}")
    return "|".join([folder, part[0].lower() if part else "", (kept or [""])[0], suffix])
