"""Runs in the box: looks for the data that pointers name, in every store below tree/, and describes them.

It reads wanted.json, {"objects": {md5: [name, [paths in tree/]]}, "tables": [paths]}, and writes data.json. A
store is any folder of DVC objects, of a cache or of a remote, of DVC 2 or 3. What is found is believed when
its bytes have the MD5, and never before. DVC itself is not asked: then its version, its plugins and what the
configuration says of this machine would decide, and not the bytes.
"""

import csv
import hashlib
import io
import json
import math
import os
import re
from pathlib import Path

LARGEST_BYTES, MOST_COLUMNS, MOST_ENTRIES, MOST_TABLES = 32 << 20, 2000, 20_000, 8
KEPT_VALUES, KEPT_CHARACTERS = 12, 40  # of a column of words
TABLES = (".csv", ".tsv", ".txt", ".data", ".dat", ".parquet", "")
MISSING = {"", "na", "nan", "n/a", "none", "null", "<na>", "nat", "?"}
FLAGS = {"0", "1", "0.0", "1.0", "true", "false"}
OBJECT = re.compile(r"(?:^|/)([0-9a-f]{2})/([0-9a-f]{30})(\.dir)?$")
CHUNK = 1 << 20


def find_objects(tree: Path) -> dict[str, list[Path]]:
    objects: dict[str, list[Path]] = {}
    for place, folders, files in os.walk(tree):
        folders.sort()
        if re.fullmatch("[0-9a-f]{2}", os.path.basename(place)):  # noqa: PTH119  as quick as it can be
            for name in sorted(files):
                path = Path(place, name)
                if (match := OBJECT.search(path.as_posix())) and path.is_file():
                    objects.setdefault("".join(part or "" for part in match.groups()), []).append(path)
    return objects


def has_md5(path: Path, md5: str) -> bool:
    """Say whether the bytes have it; of a text, DVC 2 took them with Unix line ends."""
    whole, unix = hashlib.md5(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            while chunk.endswith(b"\r") and (more := file.read(1)):  # a line end is not cut in two
                chunk += more
            whole.update(chunk)
            unix.update(chunk.replace(b"\r\n", b"\n"))
    return md5.removesuffix(".dir") in (whole.hexdigest(), unix.hexdigest())


class Stores:
    def __init__(self, tree: Path) -> None:
        self.tree, self.objects = tree, find_objects(tree)

    def look_up(self, md5: str, paths: list[str]) -> tuple[str, Path | None]:
        """Return right with the file, wrong where one has another content, or missing."""
        found = self.objects.get(md5, [])
        for path in [*found, *(self.tree / path for path in paths)]:
            if path.is_file() and has_md5(path, md5):
                return "right", path
        return ("wrong", found[0]) if found else ("missing", None)

    def describe(self, md5: str, name: str, paths: list[str]) -> dict:
        state, path = self.look_up(md5, paths)
        if state != "right":
            return {"state": state, "tables": {}, "files": {}}
        if not md5.endswith(".dir"):
            return {"state": state, "tables": tables({name: path}), "files": {name: path.as_posix()}}
        files, state = self.entries(path)
        return {"state": state, "tables": tables(files), "files": {n: p.as_posix() for n, p in files.items()}}

    def entries(self, listing: Path) -> tuple[dict[str, Path], str]:
        """Return the files of a folder, by their names; all must be there and right."""
        try:
            entries = json.loads(listing.read_bytes()) if listing.stat().st_size < LARGEST_BYTES else None
            wanted = [(str(entry["relpath"]), str(entry["md5"])) for entry in entries]
        except (ValueError, TypeError, KeyError, RecursionError):
            return {}, "wrong"
        found = {}
        for name, md5 in wanted[:MOST_ENTRIES]:
            state, path = self.look_up(md5, [])
            if path is None or state != "right" or name.startswith(("/", "~")) or ".." in name.split("/"):
                return found, "missing" if state == "missing" else "wrong"
            found[name] = path
        return found, "right" if len(wanted) <= MOST_ENTRIES else "wrong"


def tables(files: dict[str, Path]) -> dict[str, dict]:
    """Describe those that are tables, by name."""
    found = {}
    for name, path in sorted(files.items()):
        if len(found) < MOST_TABLES and (table := describe_table(name, path)):
            found[name] = table
    return found


def describe_table(name: str, path: Path) -> dict | None:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  the name is no path of this machine
    if suffix not in TABLES or not 0 < path.stat().st_size <= LARGEST_BYTES:
        return None
    try:
        rows = read_parquet(path) if suffix == ".parquet" else read_text(path)
        header, rows = (
            (rows[0], rows[1:]) if not all(map(is_number, rows[0])) else (range(len(rows[0])), rows)
        )
        if not rows or len(header) > MOST_COLUMNS or any(len(row) != len(header) for row in rows):
            return None
    except Exception:  # whatever a library makes of it: it is no table
        return None
    columns = {
        str(name).strip()[:80]: column for name, column in zip(header, zip(*rows, strict=True), strict=True)
    }
    return {"rows": len(rows), "columns": {name: describe(column) for name, column in columns.items()}}


def read_text(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    if b"\0" in content[:CHUNK]:
        return []
    text = content.decode("utf-8-sig", "replace")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]


def read_parquet(path: Path) -> list[list[str]]:
    import pyarrow.parquet as parquet

    table = parquet.read_table(path)
    columns = [
        ["" if value is None else str(value) for value in table[name].to_pylist()]
        for name in table.column_names
    ]
    return [list(table.column_names), *map(list, zip(*columns, strict=True))]


def is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def describe(cells: tuple[str, ...]) -> dict:
    """Return how many cells are missing, what kind the others are, and their mean or their words."""
    known = [stripped for cell in cells if (stripped := cell.strip()).lower() not in MISSING]
    kinds = set(map(str.lower, known)) if known else set()
    column = {"missing": len(cells) - len(known), "kind": "text", "mean": None, "words": []}
    if not known:
        return column | {"kind": "empty"}
    if kinds <= FLAGS:
        return column | {"kind": "flag"}
    if all(map(is_number, known)):
        return column | {"kind": "number", "mean": math.fsum(map(float, known)) / len(known)}
    return column | {"words": sorted({word[:KEPT_CHARACTERS].lower() for word in known})[:KEPT_VALUES]}


def main() -> None:
    tree = Path("tree")
    csv.field_size_limit(CHUNK)
    wanted = json.loads(Path("wanted.json").read_text(encoding="utf-8"))
    stores = Stores(tree) if wanted["objects"] else None
    found = {md5: stores.describe(md5, name, paths) for md5, (name, paths) in wanted["objects"].items()}
    made = {path: describe_table(path, tree / path) for path in wanted["tables"] if (tree / path).is_file()}
    facts = {"objects": found, "tables": {path: table for path, table in made.items() if table}}
    Path("data.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
