"""What a lab's report says: Markdown, text, a notebook, a web page or a Word file."""

import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.opening.finding import is_lab_name
from common.grading.texts import text

TEXTS = (".md", ".txt", ".rst", ".html", ".ipynb", ".adoc", ".org")
UNREADABLE = (".pdf", ".doc", ".odt", ".rtf", ".pages")
BYTES, FILES, DEPTH = 2 << 20, 100, 3
NOT_REPORTS = re.compile(r"requirements.*|license.*|\..*", re.IGNORECASE)
NAMED = {  # what was configured, and how versions are made and switched
    "DVC": re.compile(r"\bdvc\b", re.IGNORECASE),
    text("the remote"): re.compile(
        r"remote|storage|g(?:oogle)?\W?drive|\bs3\b|webdav|minio|хранилищ|удал[её]нн", re.IGNORECASE
    ),
    text("the versions"): re.compile(r"versions?\b|checkout|\bv\d|\btags?\b|верси|переключ", re.IGNORECASE),
}


def is_other_lab(name: str) -> bool:
    """Say whether a folder is another lab's: the root may be taken for this lab's folder."""
    return is_lab_name(name) and not re.search(r"(?<!\d)0*4(?!\d)", name)


def find_reports(root: Path, lab: Path) -> list[Path]:
    """Return what may be the report: documents of the lab, then those in the root."""
    files = [*_documents(lab, DEPTH), *([] if root == lab else _documents(root, 0))]
    return files[:FILES]


def _documents(folder: Path, depth: int) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        deeper = len(Path(place).relative_to(folder).parts) < depth
        folders[:] = sorted(
            name for name in folders if deeper and not name.startswith(".") and not is_other_lab(name)
        )
        for name in sorted(names):
            path = Path(place, name)
            wanted = name.lower().endswith((*TEXTS, *UNREADABLE, ".docx")) or name.lower() == "readme"
            if wanted and not NOT_REPORTS.fullmatch(name) and path.is_file() and not path.is_symlink():
                yield path


def unnamed_in(report: Path) -> list[str]:
    """Return what of NAMED this document does not speak of."""
    words = read_words(report)
    return [what for what, pattern in NAMED.items() if not pattern.search(words)]


def is_unreadable(report: Path) -> bool:
    return report.name.lower().endswith(UNREADABLE)


def read_words(report: Path) -> str:
    if is_unreadable(report):
        return ""
    if report.name.lower().endswith(".docx"):
        return _read_word_file(report)
    with report.open("rb") as file:
        return decode(file.read(BYTES))


def _read_word_file(report: Path) -> str:
    try:
        with zipfile.ZipFile(report) as archive, archive.open("word/document.xml") as file:
            text = file.read(BYTES).decode("utf-8", "replace")
    except (
        zipfile.BadZipFile,
        KeyError,
        OSError,
        RuntimeError,
        NotImplementedError,
        zlib.error,
        EOFError,
        ValueError,
    ):
        return ""
    return re.sub(r"<[^<>]{0,2000}>", " ", text.replace("</w:p>", "\n"))
