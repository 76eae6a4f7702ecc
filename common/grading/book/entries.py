"""Reads a folder of submissions: each entry, a folder or a .zip, is a student or one of his attempts.

anna/  boris.zip                 one attempt each
clara.zip  clara@2.zip           two attempts of clara: what stands after the @ orders them
clara@2026-11-20.zip             so does a date
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from common.grading.texts import text
from common.stage import LabError

LONGEST_NAME = 120  # bytes of a folder's name; file systems take 255, temporary names need some


@dataclass(frozen=True)
class Attempt:
    student: str
    label: str  # "" is the first
    path: Path  # absolute

    @property
    def folder(self) -> Path:
        """Return where it is kept, relative to the gradebook: safe on any system, one for each attempt."""
        return Path(safe_name(self.student), safe_name(self.label) if self.label else "first")


def list_attempts(submissions: Path) -> list[Attempt]:
    """Return all attempts, by student and then in order; LabError where there are none."""
    if not submissions.is_dir():
        raise LabError(text("'{path}' is not a folder: give the folder of the submissions", path=submissions))
    found = [
        read_entry(path)
        for path in submissions.iterdir()
        if not path.name.startswith(".") and (path.is_dir() or path.suffix.lower() == ".zip")
    ]
    if not found:
        raise LabError(
            text("'{path}' has no folder and no .zip: put one there per student", path=submissions)
        )
    found.sort(key=lambda attempt: (attempt.student, natural(attempt.label), attempt.path.name))
    for before, after in pairwise(found):
        if before.folder == after.folder:
            raise LabError(
                text(
                    "'{one}' and '{other}' are the same attempt: rename one, as in {example}",
                    one=before.path.name,
                    other=after.path.name,
                    example=f"{after.student}@2{after.path.suffix}",
                )
            )
    return found


def read_entry(path: Path) -> Attempt:
    name = path.name if path.is_dir() else path.stem
    student, _, label = name.rpartition("@") if "@" in name[1:] else (name, "", "")
    return Attempt(student, label, path.absolute())


def natural(label: str) -> list[tuple[int, int | str]]:
    """Return a sort key in which 10 comes after 9."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.findall(r"\d+|\D+", label)]


def safe_name(name: str) -> str:
    """Return a file name that `name` can be read from: what a shell, a page or a path obeys is escaped."""

    def escape(found: re.Match) -> str:
        return quote(found[0], safe="", errors="surrogateescape")

    name = unicodedata.normalize("NFC", name)  # macOS writes an й as two characters
    escaped = re.sub(r"[^\w .,()+~-]|^[ .~-]|[ .]$", lambda match: escape(match) or match[0], name)
    if len(escaped.encode()) <= LONGEST_NAME:
        return escaped
    kept = escaped.encode()[: LONGEST_NAME - 20].decode(errors="ignore")
    return f"{kept}~{hashlib.sha256(escaped.encode()).hexdigest()[:16]}"
