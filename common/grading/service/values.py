"""Values for the fields of a request: from the lab's own tables, from limits, or the usual ones."""

import csv
import re
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.grading.opening.decoding import decode
from common.grading.service.exchange import Part
from common.grading.service.finding import walk

TABLE_BYTES, TABLE_ROWS, MOST_TABLES = 1 << 17, 40, 6
SCALES = (0.0, 2.0, 10.0, 0.1, 100.0, -1.0)
TEXTS = (
    "good",
    "This is wonderful, I love it, great work",
    "Terrible and awful, the worst I have seen, I hate it",
)
USUAL = {  # of data sets that everybody uses; the last names that match win
    r"sex|gender|пол$": ("male", "female"),
    r"embarked|port": ("S", "C", "Q"),
    r"smok|married|partner|paperless|loan|default|housing": ("no", "yes"),
    r"species": ("setosa", "virginica"),
    r"island": ("Biscoe", "Dream"),
    r"^cut$": ("Ideal", "Fair"),
    r"^clarity$": ("SI1", "IF"),
    r"colou?r": ("E", "J", "red", "white"),
    r"fuel": ("Petrol", "Diesel"),
    r"region": ("southwest", "northeast"),
    r"day": ("Sun", "Fri"),
    r"date": ("2020-01-01", "2023-07-15"),
    r"url": ("http://example.com/a", "http://login.example.xyz/win?free=1"),
}
NUMERIC = re.compile(
    r"age|fare|length|width|height|weight|size|count|num|price|rooms?|area|class|year|month|temp|hum|press|speed|sib|parch|"
    r"income|amount|score|rate|ratio|lat|lon|depth|mass|bmi|^[a-z]\d*$|carat|mileage|floor|dist|value|alcohol|acid|sugar",
    re.I,
)
PIXELS = 64


@dataclass
class Knowledge:
    """Columns of the lab's own tables, row by row: name in lower case, and values as they stand there."""

    columns: dict[str, list[Any]] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)  # "csv", "image": files that may be uploaded

    def guess(self, name: str, kind: str = "") -> tuple[Any, list[Any]]:
        """Return a value for a field, and others; `kind` is "number", "integer", "text" or "" for unknown."""
        column = self.columns.get(name.lower())
        if column:
            numbers = all(isinstance(value, float) for value in column)
            if kind == "integer" and numbers:
                column = [int(value) for value in column]
            if kind in ("", "text") or numbers:
                values = [str(value) for value in column] if kind == "text" else column
                return values[0], distinct(values[1:], values[0]) + (scaled(values[0]) if numbers else [])
        if kind in ("", "text"):
            for pattern, values in USUAL.items():
                if re.search(pattern, name, re.I):
                    return values[0], list(values[1:])
            if kind == "text" or not NUMERIC.search(name):
                return TEXTS[0], [*TEXTS[1:], "1", "2.5"]
        value = 1 if kind == "integer" else 1.0
        return value, scaled(value)


def know(lab: Path) -> Knowledge:
    """Read the first rows of the lab's tables."""
    known = Knowledge()
    for path in walk(lab):
        suffix = path.suffix.lower()
        if suffix == ".csv" and len(known.files.setdefault("csv", [])) < MOST_TABLES:
            known.files["csv"].append(path)
            with path.open("rb") as content:
                _read_table(decode(content.read(TABLE_BYTES)), known)
        elif suffix in (".png", ".jpg", ".jpeg") and path.stat().st_size < 1 << 20:
            known.files.setdefault("image", []).append(path)
    return known


def _read_table(content: str, known: Knowledge) -> None:
    lines = content.splitlines()[: TABLE_ROWS + 1]
    if not lines:
        return
    separator = max(",;\t", key=lines[0].count)
    try:
        head, *rows = csv.reader(lines, delimiter=separator)
    except (csv.Error, ValueError):
        return
    rows = [row for row in rows if len(row) == len(head)]
    for number, name in enumerate(head):
        values = [_number(row[number]) for row in rows if row[number].strip()]
        if values and name.strip():
            known.columns.setdefault(name.strip().lower(), values)


def _number(word: str) -> float | str:
    try:
        number = float(word)
    except ValueError:
        return word
    return number if abs(number) < 1e15 else word


def scaled(value: float) -> list[Any]:
    """Return other numbers of the same type, from nothing to a hundred times as much."""
    made = [type(value)(value * scale) if value else type(value)(scale) for scale in SCALES]
    return distinct([*made, type(value)(value + 3), type(value)(50)], value)


def distinct(values: list[Any], first: Any) -> list[Any]:
    return [value for value in dict.fromkeys(values) if value != first][:24]


def upload(name: str, known: Knowledge) -> tuple[Part, list[Part]]:
    """Return a file for a form, and others: of the lab's own, else pictures that differ."""
    if re.search(r"csv|data|table", name, re.I) and known.files.get("csv"):
        paths, kind = known.files["csv"], "text/csv"
    else:
        paths, kind = known.files.get("image", [])[:4], "image/png"
    own = [
        Part(path.name, path.read_bytes()[: 1 << 20], kind) for path in paths if path.stat().st_size < 1 << 20
    ]
    made = [Part(f"{number}.png", picture(number), "image/png") for number in range(4)]
    if kind == "text/csv":
        halves = [Part(part.name, _half(part.content), part.type) for part in own]
        made = halves
    first, *others = [*own, *made]
    return first, others


def _half(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:1] + lines[1:][::2])


def picture(number: int) -> bytes:
    """Return a small PNG: black, white, stripes, a ramp."""
    shades = (
        lambda _, __: 0,
        lambda _, __: 255,
        lambda x, _: 255 * (x // 8 % 2),
        lambda x, y: 2 * (x + y) % 256,
    )
    shade = shades[number % len(shades)]
    rows = b"".join(
        b"\0" + bytes(shade(x, y) for x in range(PIXELS) for _ in range(3)) for y in range(PIXELS)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", PIXELS, PIXELS, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
