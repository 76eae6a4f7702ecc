"""Finds near-identical submissions: sketches of their sources, and the pairs whose sketches agree.

A sketch is a MinHash (Broder 1997) of the sources' runs of five words; of two sketches the share of equal
numbers estimates the share of runs that both sources have. It is a place to look, never a verdict.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from datasketch import MinHash, MinHashLSH

NUMBERS = 128  # of a sketch: its estimate is within 0.09 of the truth 19 times in 20
RUN_WORDS = 5  # shorter runs are common to any two scripts
LIKE = 0.8  # share of common runs: a copy of which a tenth was rewritten still has so many
SOURCES = {".py", ".sh", ".ipynb", ".groovy", ".yaml", ".yml", ""}
FILE_BYTES, FILES = 200_000, 200  # of a submission's sources; more is generated, not written
KIND = {"num_perm": NUMBERS, "seed": 1, "scheme": "affine32"}  # a sketch that is kept must stay comparable


def sketch(root: Path, known: frozenset[bytes] = frozenset()) -> list[int]:
    """Return the sketch of a folder's sources without the runs in `known`; [] where nothing is left."""
    runs = set(list_runs(root)) - known
    if not runs:
        return []
    minhash = MinHash(**KIND)
    minhash.update_batch(sorted(runs))
    return [int(number) for number in minhash.hashvalues]


def list_runs(root: Path) -> Iterator[bytes]:
    """Yield the runs of words of every source below a folder; white space and comments do not count."""
    sources = (path for path in sorted(root.rglob("*")) if path.suffix in SOURCES and path.is_file())
    sources = (path for path in sources if not is_hidden(path.relative_to(root)))
    for _, path in zip(range(FILES), sources, strict=False):
        with path.open("rb") as file:
            content = file.read(FILE_BYTES)
        words = re.findall(rb"\w+|[^\w\s]", re.sub(rb"(?m)^\s*#.*$", b"", content))
        yield from (b" ".join(words[n : n + RUN_WORDS]) for n in range(len(words) - RUN_WORDS + 1))


def is_hidden(path: Path) -> bool:
    """Tell what a tool keeps: git's objects and DVC's cache have no suffix, and are in every clone."""
    return any(part.startswith(".") for part in path.parts)


def alike(sketches: Iterable[tuple[str, list[int]]]) -> list[tuple[str, str, float]]:
    """Return pairs of names whose sketches agree, and by how much (0 to 1), the most alike first."""
    index = MinHashLSH(threshold=LIKE, num_perm=NUMBERS)
    pairs, seen = [], {}
    for name, numbers in sketches:
        if not numbers:
            continue
        seen[name] = MinHash(**KIND, hashvalues=np.array(numbers, dtype=np.uint32))
        for other in index.query(seen[name]):
            if (share := seen[name].jaccard(seen[other])) >= LIKE:
                pairs.append((*sorted((other, name)), round(float(share), 2)))
        index.insert(name, seen[name])
    return sorted(pairs, key=lambda pair: (-pair[2], pair[:2]))
