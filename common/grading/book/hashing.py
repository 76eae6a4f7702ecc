"""What a result depends on: the submission's content and everything that judges it, as one key."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOT_READ = {
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".ipynb_checkpoints",
}  # the opener leaves them out
BLOCK = 1 << 20  # bytes read at a time: a submission may hold gigabytes


def result_key(submission: Path, judges: str, options: Sequence[str]) -> str:
    """Return a hash that changes with the submission, the judges or the options. OSError: unreadable."""
    parts = [hash_submission(submission), judges, *options]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def hash_judges(labs: Iterable[str]) -> str:
    """Return a hash of the rubrics of these labs, of the grader and of the pinned packages."""
    files = [ROOT / lab / f"test_{lab}.py" for lab in labs] + [ROOT / "requirements.txt"]
    grader = (ROOT / "common" / "grading").rglob("*")
    files += [*(path for path in grader if path.is_file()), *(ROOT / "common").glob("*.py")]
    digest = hashlib.sha256()
    for path in sorted(file for file in files if "__pycache__" not in file.parts):
        digest.update(f"{path.relative_to(ROOT)}\0{_hash_file(path)}\0".encode())
    return digest.hexdigest()


def hash_submission(path: Path) -> str:
    if path.is_file():
        return _hash_file(path)
    digest = hashlib.sha256()
    for line in _folder_lines(path):
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _folder_lines(root: Path) -> Iterator[str]:
    """Yield name, kind and content of each entry of a folder, in order; nothing that is linked is read."""
    for folder, folders, names in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if name not in NOT_READ)
        for name in sorted([*names, *(f for f in folders if Path(folder, f).is_symlink())]):
            path = Path(folder, name)
            if path.is_symlink():
                state = f"-> {path.readlink()}"
            elif path.is_file():
                state = f"{path.stat().st_mode & 0o111:o} {_hash_file(path)}"
            else:
                state = "neither file nor link"
            yield f"{path.relative_to(root)}\0{state}\0"


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _raise(error: OSError) -> None:
    raise error
