"""What versions of a dataset mean: a raw selection, one with its gaps filled, one with its words as numbers.

The rule knows no dataset. It asks for two tables, and in which order they were made makes no difference.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.grading.texts import text
from common.grading.versions.data import Table

RAW = text("a raw selection")
FILLED = text("a version with the gaps filled")
ENCODED = text("a version with words as numbers")
MEANINGS = (RAW, FILLED, ENCODED)
MEND = {
    RAW: text("begin with the columns as they come, gaps and words among them"),
    FILLED: text("fill the gaps with the column's mean, and keep all rows"),
    ENCODED: text("make a 0/1 column of each word: pandas.get_dummies, or OneHotEncoder"),
}
SAME_MEAN = 0.01  # of the mean: filling with the mean leaves it as it is, rounding it to years nearly so
SAID = {  # in a commit's subject or a tag
    FILLED: re.compile(r"fill|imput|missing|nan\b|mean|average|пропуск|пропущ|средн|заполн", re.IGNORECASE),
    ENCODED: re.compile(r"hot|ohe\b|encod|dumm|кодир|признак", re.IGNORECASE),
}


@dataclass(frozen=True)
class Meaning:
    seen: frozenset[str]
    strange_fill: str = ""  # a column that was filled with something else than its mean

    @property
    def lacking(self) -> list[str]:
        return [meaning for meaning in MEANINGS if meaning not in self.seen]


def read_meaning(tables: Sequence[Table]) -> Meaning:
    """Return what there is among these tables, each one version."""
    seen, strange = set(), ""
    pairs = [(a, b) for a in tables for b in tables if a is not b]
    if any(is_raw(a) for a, _ in pairs):
        seen.add(RAW)
    for before, after in pairs:
        if filled := filled_columns(before, after):
            seen.add(FILLED)
            strange = strange or next((name for name in filled if is_strange(before, after, name)), "")
        if is_encoded(before, after):
            seen.add(ENCODED)
    return Meaning(frozenset(seen), strange)


def best_meaning(datasets: Iterable[Sequence[Table]]) -> Meaning:
    return max(
        map(read_meaning, datasets), key=lambda meaning: len(meaning.seen), default=Meaning(frozenset())
    )


def is_raw(table: Table) -> bool:
    """Say whether nobody has worked on it: gaps are there, or words."""
    return bool(table.missing or table.of_kind("text"))


def filled_columns(before: Table, after: Table) -> list[str]:
    """Return the columns whose gaps are gone, while their rows are not: to drop rows is not to fill."""
    gone = []
    for name, column in before.columns.items():
        same = after.columns.get(name)
        if same and column.missing and column.kind != "empty" and not same.missing:
            lost = before.rows - after.rows
            if 2 * lost < column.missing:
                gone.append(name)
    return gone


def is_strange(before: Table, after: Table, name: str) -> bool:
    old, new = before.columns[name].mean, after.columns[name].mean
    return old is not None and new is not None and not math.isclose(old, new, rel_tol=SAME_MEAN)


def is_encoded(before: Table, after: Table) -> bool:
    """Say whether a column of words became numbers: the column itself, or 0/1 columns in its place."""
    new_flags = after.of_kind("flag") - set(before.columns)
    for name in before.of_kind("text"):
        same = after.columns.get(name)
        if same and same.kind in ("number", "flag"):
            return True
        words = {name.lower(), *before.columns[name].words}
        if any(_is_about(flag.lower(), words) for flag in new_flags) or (
            same is None and len(new_flags) >= 2
        ):
            return True
    return False


def _is_about(flag: str, words: set[str]) -> bool:
    """Say whether a 0/1 column is named for a column or one of its words: Sex_male, is_female, male."""
    parts = set(re.split(r"[^\w]+|_", flag)) | {flag}
    return any(word in parts or (len(word) > 2 and word in flag) for word in words if word)


def said(texts: Iterable[str]) -> frozenset[str]:
    """Return what these subjects and tags say of the versions."""
    texts = list(texts)
    return frozenset(meaning for meaning, words in SAID.items() if any(map(words.search, texts)))
