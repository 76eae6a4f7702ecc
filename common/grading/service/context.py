"""The folder that a build may copy from, as .dockerignore leaves it, and copies of it into an image."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from common.grading.opening.decoding import decode
from common.grading.service.dockerfile import DockerfileError
from common.grading.texts import text

IGNORE_BYTES = 1 << 14
MOST_RULES, LONGEST_PATTERN, MOST_DEPTHS = 200, 200, 2  # a hostile pattern must not keep the matching busy
IMAGE_BYTES, IMAGE_FILES = 1 << 31, 50_000  # the box takes no more
NEVER = {".git", ".venv", "venv", "__pycache__", "node_modules"}  # in an image they change nothing


@dataclass
class Budget:
    """What may still be copied: a line of a Dockerfile can copy gigabytes, and there can be many lines."""

    bytes: int = IMAGE_BYTES
    files: int = IMAGE_FILES

    def take(self, size: int) -> None:
        self.bytes -= size
        self.files -= 1
        if self.bytes < 0 or self.files < 0:
            raise DockerfileError(text("it copies more than {count} GB", count=IMAGE_BYTES >> 30))


@dataclass
class Context:
    """`root` is what the files must lie in, whatever links say: the submission, or another image's tree."""

    folder: Path
    root: Path
    rules: list[tuple[list[str], bool]] = field(
        default_factory=list
    )  # parts of a pattern, whether it ignores

    def ignores(self, path: PurePosixPath) -> bool:
        ignored = False
        for pattern, ignoring in self.rules:
            if ignored != ignoring and _matches(path.parts, pattern):
                ignored = ignoring
        return ignored

    def find(self, source: str) -> list[Path]:
        """Return what COPY means by `source`: a path or a pattern; '..' does not lead out of the context."""
        parts: list[str] = []
        for part in PurePosixPath(source.replace("\\", "/")).parts:
            if part == "..":
                parts = parts[:-1]
            elif part != "/":
                parts.append(part)
        found = [PurePosixPath()]
        for part in parts:
            found = list(self._below(found, part))[:IMAGE_FILES]
        return [path for place in found if (path := self.folder / place).exists() and self.holds(path)]

    def _below(self, places: list[PurePosixPath], part: str) -> Iterator[PurePosixPath]:
        if not re.search(r"[*?\[]", part):
            yield from (place / part for place in places)
            return
        for place in places:
            folder = self.folder / place
            for name in sorted(os.listdir(folder)) if folder.is_dir() and self.holds(folder) else ():  # noqa: PTH208
                if fnmatchcase(name, part[:LONGEST_PATTERN]):
                    yield place / name

    def holds(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.root)

    def copy(self, source: Path, target: Path, budget: Budget) -> int:
        """Copy a file to `target`, or what is in a folder into it; return how many files were copied."""
        if source.is_file():
            if self.ignores(PurePosixPath(source.relative_to(self.folder))):
                return 0
            budget.take(source.stat().st_size)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir():
                target = target / source.name
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)  # what a link means, not the link
            shutil.copymode(source, target)
            return 1
        copied = 0
        target.mkdir(parents=True, exist_ok=True)
        for path, folders, names in os.walk(source):
            folders[:] = sorted(name for name in folders if name not in NEVER)
            for name in sorted(names):
                file = Path(path, name)
                if file.is_file() and self.holds(file):
                    copied += self.copy(file, target / file.relative_to(source), budget)
        return copied


def open_context(folder: Path, root: Path, dockerfile: Path) -> Context:
    """Return the context `folder` of a build with this Dockerfile, whose own .dockerignore goes first."""
    rules = []
    for file in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), folder / ".dockerignore"):
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= IGNORE_BYTES:
            for line in decode(file.read_bytes()).splitlines():
                words = line.strip()
                parts = [part for part in words.removeprefix("!").strip().split("/") if part not in ("", ".")]
                is_cheap = len(words) <= LONGEST_PATTERN and parts.count("**") <= MOST_DEPTHS
                if parts and not words.startswith("#") and is_cheap:
                    rules.append((parts, not words.startswith("!")))
            break
    return Context(folder, root.resolve(), rules[:MOST_RULES])


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a pattern of Docker's takes a path, or a folder that it lies in."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
