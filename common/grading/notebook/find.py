"""Finds the notebook of a submission and reads it as JSON; nothing of it is run, and nothing is guessed."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from common.grading.texts import text

LARGEST_BYTES = 64_000_000  # what is larger opens in no browser
DEPTH = 5
NOT_WORK = {".git", ".ipynb_checkpoints", ".venv", "venv", "node_modules", "__pycache__"}
OLDEST = 3  # nbformat 2 is of 2011
TELLING = (b"pytest", b"writefile", b"regression", b"linear")


@dataclass(frozen=True)
class Notebook:
    path: Path  # relative to the submission's root
    cells: tuple[str, ...]  # the sources of its code cells
    problem: str = ""  # why it cannot be executed
    mend: str = ""
    notes: tuple[str, ...] = ()


def find_notebook(root: Path, folder: Path) -> Notebook | None:
    """Return the notebook in `folder`, the one that says most of pytest and regression; or None."""
    found = []
    for path, folders, names in os.walk(folder):
        depth = len(Path(path).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if name not in NOT_WORK and depth < DEPTH)
        found += [
            file
            for name in sorted(names)
            if name.lower().endswith(".ipynb")
            and (file := Path(path, name)).is_file()
            and file.stat().st_size
        ]
    if not found:
        return None
    best = max(found, key=lambda file: (_score(file), -len(file.parts)))
    notebook = read_notebook(best, best.relative_to(root))
    others = ", ".join(file.relative_to(root).as_posix() for file in found if file != best)
    if not others:
        return notebook
    note = text("other notebooks, not run: {others}", others=others)
    return Notebook(**vars(notebook) | {"notes": (*notebook.notes, note)})


def _score(file: Path) -> int:
    with file.open("rb") as content:
        start = content.read(LARGEST_BYTES).lower()
    return sum(word in start for word in TELLING)


def read_notebook(file: Path, path: Path) -> Notebook:
    if file.stat().st_size > LARGEST_BYTES:
        return Notebook(
            path,
            (),
            text("'{path}' is larger than {limit} MB", path=path, limit=LARGEST_BYTES // 10**6),
            text("clear its outputs, and print less: Kernel, Restart and Clear Outputs"),
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
        cells, version = _cells(content)
        metadata = content.get("metadata", {})
        kernel = metadata.get("kernelspec", {})
        language = kernel.get("language") or metadata.get("language_info", {}).get("name") or "python"
        name = str(kernel.get("name") or "python3")
    except (ValueError, RecursionError):
        return Notebook(
            path,
            (),
            text("'{path}' is not JSON", path=path),
            text("download it as .ipynb, not as a web page or a script"),
        )
    except (AttributeError, KeyError, TypeError):
        return Notebook(
            path,
            (),
            text("'{path}' is JSON, but no notebook", path=path),
            text("open it in Jupyter and save it again"),
        )
    if version < OLDEST:
        problem = text("'{path}' has nbformat {version}", path=path, version=version)
        return Notebook(path, (), problem, text("open it in Jupyter and save it again"))
    if str(language).lower() not in ("python", "ipython"):
        problem = text("its language is '{language}'", language=language)
        return Notebook(path, (), problem, text("write it in Python: Kernel, Change kernel, Python 3"))
    notes = []
    if version == OLDEST:
        notes.append(text("it has the old nbformat 3: open it in Jupyter and save it again"))
    if not re.fullmatch(r"python3?", name):
        notes.append(
            text("its kernel is called '{name}', which others do not have: it ran with python3", name=name)
        )
    return Notebook(path, cells, notes=tuple(notes))


def _cells(content: dict) -> tuple[tuple[str, ...], int]:
    version = int(content["nbformat"])
    cells = content["cells"] if version > OLDEST else [c for w in content["worksheets"] for c in w["cells"]]
    sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell["cell_type"] == "code"]
    return tuple("".join(source) for source in sources), version
