"""Makes a submission's git folders harmless: history stays, everything that git would run or follow goes."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.texts import text

TEXT_BYTES = 1 << 20
YES_NO = "true|false"
URL = r"(?:https?|ssh|git)://[\w.@:/~%+-]+|[\w.-]+@[\w.-]+:[\w./~-]+"  # not ext::, not a local path
SAFE_SETTINGS = {  # setting: the values that cannot make git run or read something else
    "core.repositoryformatversion": "[01]",
    "core.filemode": YES_NO,
    "core.bare": YES_NO,
    "core.logallrefupdates": YES_NO,
    "core.ignorecase": YES_NO,
    "core.symlinks": YES_NO,
    "core.autocrlf": f"{YES_NO}|input",
    "extensions.objectformat": "sha1|sha256",
    "extensions.refstorage": "files|reftable",
    "remote.url": URL,
    "remote.fetch": r"\+?refs/[\w./*-]+:refs/[\w./*-]+",
    "branch.remote": r"[\w-]+",
    "branch.merge": r"refs/[\w./-]+",
}
SECTION = re.compile(r'\[\s*([\w.-]+)(?:\s+"([\w./-]+)")?\s*\]\s*$')
SETTING = re.compile(r"([A-Za-z][\w-]*)\s*=\s*(.*)$")
POINTERS = ("objects/info/alternates", "objects/info/http-alternates", "commondir", "gitdir")


def disarm(root: Path) -> list[str]:
    """Remove hooks, unsafe settings and pointers out of `root`; return a note for each that did something."""
    notes, top = [], root.resolve()
    for folder in list(_git_folders(root)):
        name = folder.relative_to(root).as_posix()
        hooks = sorted(hook.name for hook in _inside(folder / "hooks") if hook.suffix != ".sample")
        _remove(folder / "hooks")
        if hooks:
            notes.append(
                text("left out the git hooks in '{name}': {hooks}", name=name, hooks=", ".join(hooks))
            )
        notes += [
            text("left out the git setting '{key}' in '{name}'", key=key, name=name)
            for key in _reduce(folder)
        ]
        _remove(folder / "config.worktree")
        for pointer in POINTERS:
            if _points_out(folder, folder / pointer, top):
                _remove(folder / pointer)
                notes.append(
                    text("left out '{name}/{pointer}': it points outside", name=name, pointer=pointer)
                )
    for file in root.rglob(".git"):
        goal = _text(file).removeprefix("gitdir:").strip() if file.is_file() else "."
        if not (file.parent / goal).resolve().is_relative_to(top):
            _remove(file)
            notes.append(text("left out '{name}': it points outside", name=file.relative_to(root).as_posix()))
    return notes


def _git_folders(root: Path) -> Iterator[Path]:
    """Yield what git would take for its folder: by name, or a bare one by what it holds."""
    for folder, folders, files in os.walk(root):
        looks = "HEAD" in files and ("refs" in folders or "commondir" in files)
        if looks or Path(folder).name == ".git":
            yield Path(folder)


def _reduce(folder: Path) -> list[str]:
    """Write the safe settings back; return the names of the others."""
    config = folder / "config"
    if not config.is_file():
        _remove(config)
        return []
    kept, dropped, section, quoted = [], [], "", None
    for line in _text(config).splitlines():
        if match := SECTION.match(line.strip()):
            section, quoted = match[1].lower(), match[2]
            kept.append(f'[{section} "{quoted}"]' if quoted else f"[{section}]")
            continue
        match = SETTING.match(line.strip())
        key = f"{section}.{match[1].lower()}" if match else ""
        if match and re.fullmatch(SAFE_SETTINGS.get(key, "(?!)"), match[2]):
            kept.append(f"\t{match[1]} = {match[2]}")
        elif line.strip() and not line.strip().startswith(("#", ";")):
            dropped.append(key or line.strip())
            section = section if match else "?"  # a section that could not be read: nothing of it is kept
    _remove(config)
    config.write_text("\n".join([*kept, ""]), "utf-8")
    return dropped


def _points_out(folder: Path, pointer: Path, top: Path) -> bool:
    if not pointer.is_file():
        return False
    lines = _text(pointer).split("\n")
    base = folder / "objects" if "alternates" in pointer.name else folder
    return any(line.strip() and not (base / line.strip()).resolve().is_relative_to(top) for line in lines)


def _text(file: Path) -> str:
    with file.open("rb") as content:
        return decode(content.read(TEXT_BYTES))


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
