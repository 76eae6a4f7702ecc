"""Writes a submission's entries into a private folder, and says what was left out."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from common.grading.opening.decoding import decode_name
from common.grading.opening.entries import FILE_MB, MB, TOTAL_MB, Entry, refuse
from common.grading.texts import counted, text

JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", "__pycache__"}
VENV_MARKS = {"pyvenv.cfg", "conda-meta"}
LINUX_PARTS, WINDOWS_PARTS = "bin lib lib64 include share etc", "Lib Scripts Include DLLs Library"
VENV_PARTS = VENV_MARKS | {*LINUX_PARTS.split(), *WINDOWS_PARTS.split()}
ACTIVATE = {("bin", "activate"), ("Scripts", "activate")}  # a pipeline may source it: it only sets PATH
LINK_BYTES = 4096
LINK_ROUNDS = 9  # a link may lead over another that goes; after these none of the rest is trusted
CHUNK = 1 << 20


def unpack(source: Path, entries: Iterable[Entry], root: Path) -> list[str]:
    """Write `entries` under `root` and return one note for each thing left out.

    LabError where the submission is larger than the limits, or has two different files of one name.
    """
    kept, notes = _choose(list(entries))
    links, written, folded = [], 0, {}
    for entry in kept:
        if (other := folded.setdefault(entry.name.casefold(), entry.name)) != entry.name:
            notes.append(
                text("'{a}' and '{b}' are one name on Windows: both are here", a=other, b=entry.name)
            )
        target = root.joinpath(*entry.parts)
        try:
            if entry.kind == "folder":
                target.mkdir(parents=True, exist_ok=True)
            elif entry.kind == "link":
                links.append((entry, target))
            elif entry.kind == "file":
                target.parent.mkdir(parents=True, exist_ok=True)
                written += _write(source, entry, target, TOTAL_MB * MB - written, notes)
            else:
                notes.append(text("left out '{name}': {kind}", name=entry.name, kind=_name_of(entry.kind)))
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise refuse(source, entry.name, text("one name is both a file and a folder")) from None
    notes += _link(root, links)
    return notes


def _choose(entries: list[Entry]) -> tuple[list[Entry], list[str]]:
    """Return the entries without the system's own files and without virtual environments."""
    venvs = {entry.parts[:i] for entry in entries for i, part in enumerate(entry.parts) if part in VENV_MARKS}
    kept, junk, in_venv = [], 0, Counter()
    for entry in entries:
        if not entry.parts:
            continue
        inside = [i for i in range(len(entry.parts)) if entry.parts[:i] in venvs]
        if any(entry.parts[i] in VENV_PARTS and entry.parts[i:] not in ACTIVATE for i in inside):
            in_venv[entry.parts[: inside[0]]] += entry.kind != "folder"
        elif any(part in JUNK or part.startswith("._") for part in entry.parts):
            junk += entry.kind != "folder"
        else:
            kept.append(entry)
    notes = []
    for parts, files in in_venv.items():
        folder = "/".join(parts) or "."
        notes.append(
            counted(
                "left out the virtual environment in '{folder}': {count} file",
                "left out the virtual environment in '{folder}': {count} files",
                files,
                folder=folder,
            )
        )
    if junk:
        notes.append(
            counted(
                "left out {count} file that the system adds (.DS_Store, __pycache__, ...)",
                "left out {count} files that the system adds (.DS_Store, __pycache__, ...)",
                junk,
            )
        )
    return kept, notes


def _name_of(kind: str) -> str:
    names = {
        "unreadable": text("unreadable"),
        "named pipe": text("named pipe"),
        "socket": text("socket"),
        "device": text("device"),
        "hard link to somebody else's file": text("hard link to somebody else's file"),
    }
    return names[kind]


def _write(source: Path, entry: Entry, target: Path, room: int, notes: list[str]) -> int:
    """Write one file and return its size in bytes; what it declares of its size is not believed."""
    if entry.size > FILE_MB * MB:
        raise refuse(source, entry.name, text("a file is larger than {limit} MB", limit=FILE_MB))
    try:
        content = entry.open()
    except OSError as error:
        notes.append(text("left out '{name}': {reason}", name=entry.name, reason=error.strerror or error))
        return 0
    with content:
        if target.exists():
            if target.is_file() and _same(content, target):
                notes.append(text("'{name}' is there twice, alike", name=entry.name))
                return 0
            raise refuse(source, entry.name, text("two different files have one name"))
        size = 0
        with target.open("xb") as file:
            while chunk := content.read(CHUNK):
                size += len(chunk)
                if size > room:
                    limit = text("all files together are larger than {limit} MB", limit=TOTAL_MB)
                    raise refuse(source, entry.name, limit)
                file.write(chunk)
    target.chmod(0o755 if entry.runnable else 0o644)
    if entry.modified is not None:
        os.utime(target, (entry.modified, entry.modified))
    return size


def _same(content: BinaryIO, target: Path) -> bool:
    with target.open("rb") as file:
        while True:
            chunk = content.read(CHUNK)
            if chunk != file.read(CHUNK):
                return False
            if not chunk:
                return True


def _link(root: Path, links: list[tuple[Entry, Path]]) -> list[str]:
    """Make the links, then take away those that lead out or nowhere, until all that are left lead inside.

    Where a link leads depends on the links on its way, so it is the file system that is asked.
    """
    made, notes = {}, []
    for entry, target in links:
        with entry.open() as content:
            goal = decode_name(content.read(LINK_BYTES)).replace("\\", "/")
        taken = target.exists() or target.is_symlink() or any(folder in made for folder in target.parents)
        if taken or not goal or goal.startswith("/") or "\0" in goal:
            notes.append(text("left out the link '{name}' to '{goal}'", name=entry.name, goal=goal))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(goal)
        made[target] = (entry.name, goal)
    top = root.resolve()
    for rounds in range(LINK_ROUNDS + 1):
        bad = [link for link in made if rounds == LINK_ROUNDS or not _leads_inside(link, top)]
        if not bad:
            break
        for link in bad:
            name, goal = made.pop(link)
            link.unlink()
            notes.append(text("left out the link '{name}' to '{goal}'", name=name, goal=goal))
    return notes


def _leads_inside(link: Path, top: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(top)
    except (OSError, RuntimeError):  # leads nowhere, or in a circle
        return False
