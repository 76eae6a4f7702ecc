"""Finds a lab's folder in a submission whatever its name: by the name's number and by what is in it."""

import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.opening.hints import STRONG, hints_in
from common.grading.report import LABS

# What a folder is called before or after its number. The course's module 6 is lab 5.
LAB = (
    r"lab(?:oratory|oratornaya|a|s)?(?:[\s_.-]*(?:work|rabota))?|lr"
    r"|лаб(?:а|ораторная)?[\s_.-]*(?:работа)?|лр"  # noqa: RUF001
)
TASK = (
    r"hw|home[\s_-]?work|(?:home[\s_-]?)?task|assignment|practi[cs]\w*?|week"
    r"|дз|задание|практи(?:ка|ческая)"
)
MODULE = r"module|модуль"
NUMBERED = re.compile(
    rf"(?<![^\W\d_])(?:(?P<lab>{LAB})|(?:{TASK})|(?P<module>{MODULE}))[\s_.#-]*(?:no)?[\s_.-]*0*(?P<number>\d+)(?!\d)"
    rf"|(?<!\d)0*(?P<first>\d+)[\s_.-]*(?:{LAB}|{TASK})(?![^\W\d_])"
)
DEPTH = 5  # folders below the root
NOT_LABS = re.compile(r"\.git|\.dvc|\.github|\.vscode|\.idea|node_modules|.*(final|exam|итог).*", re.I)


@dataclass
class Candidate:
    folder: Path
    fit: int
    hints: dict[str, int] = field(default_factory=dict)  # hint: its weight, once
    own: bool = False  # one of them is directly in the folder

    def rank(self) -> tuple[int, bool, int, int]:
        """Content first; then a folder of its own over one that only wraps it; then name and depth."""
        return sum(self.hints.values()), self.own, self.fit, -len(self.folder.parts)


def find_lab(root: Path, lab: str) -> Path | None:
    """Return the folder of `lab` (one of LABS) in `root`, or None: not submitted.

    Empty files and the course template's untouched stubs are not a submission.
    """
    number = int(lab.removeprefix("lab"))
    candidates: dict[Path, Candidate] = {}
    for path, folders, files in os.walk(root):
        folder = Path(path)
        parts = folder.relative_to(root).parts
        chain = [root.joinpath(*parts[:i]) for i in range(len(parts) + 1)]  # from the root to the folder
        folders[:] = sorted(name for name in folders if not NOT_LABS.fullmatch(name) and len(parts) < DEPTH)
        fits = {place: _fit(place.name, number) if place != root else 0 for place in chain}
        numbered = [place for place in chain if fits[place]]
        if numbered and fits[numbered[-1]] < 0:
            continue  # another lab's folder
        while any(fits[place] < 0 for place in numbered):  # lab1 in somebody's hw3 is lab1
            numbered.pop(0)
        holder = folder.parent if folder.name in ("src", "scripts") and folder != root else folder
        hints = hints_in(folder, files, number)
        for place in numbered or [holder]:
            if hints:
                candidate = candidates.setdefault(place, Candidate(place, fits[place]))
                candidate.hints |= hints
                candidate.own |= place == folder
    good = [c for c in candidates.values() if _is_enough(c, number)]
    return max(good, key=Candidate.rank).folder if good else None


def is_lab_name(name: str) -> bool:
    """Tell whether a folder's name begins as a lab's: 'lab4_dvc' does, 'mlops_practice_4-main' does not."""
    match = _numbered(name)
    return bool(match) and match.start() == 0


def _numbered(name: str) -> re.Match[str] | None:
    return NUMBERED.search(unicodedata.normalize("NFKC", name).casefold())


def _fit(name: str, number: int) -> int:
    """Return how well a name says lab `number`: 3 labN, 2 taskN, 1 its module, 0 nothing, -1 another lab."""
    match = _numbered(name)
    if not match:
        return 0
    found = int(match["number"] or match["first"])
    if found > len(LABS) + 1 and not match["lab"]:  # practice_13 is a team
        return 0
    if found == number and not match["module"]:
        return 3 if match["lab"] else 2
    is_module = number == 5 and found == 6 and not (match["lab"] and "lab6" in LABS)
    return 1 if found == number or is_module else -1


def _is_enough(candidate: Candidate, number: int) -> bool:
    if number == 5 and candidate.fit == 1:  # somebody's lab6 without a notebook is something else
        return "notebook" in candidate.hints
    return candidate.fit > 0 or sum(candidate.hints.values()) >= STRONG
