"""What a submission holds before any of it is written: the entries of a zip or folder, within limits."""

import io
import os
import re
import stat
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from common.grading.opening.decoding import decode_name
from common.grading.texts import text
from common.stage import LabError

ENTRIES = 100_000  # a virtual environment with torch has 30,000 files; somebody may commit two
NAMES_MB = 16  # the zip's list of names: 100,000 of them with 100 characters each
FILE_MB = 512  # GitHub refuses 100; a model or a data set in a zip may be larger
TOTAL_MB = 1024
DEPTH = 40  # folders in folders; the deepest honest one seen is a virtual environment's 14
NAME_BYTES = 255  # what Linux can write
RATIO = 200  # unpacked to packed; tables and arrays stay under 50
RATIO_FROM_MB = 32  # a small file of zeros packs 1000 to 1 and harms nobody
MB = 1 << 20


@dataclass(frozen=True)
class Entry:
    parts: tuple[str, ...]
    kind: str  # "file", "folder", "link", or what it is instead
    size: int  # bytes, as declared
    runnable: bool
    modified: float | None  # seconds since the epoch
    open: Callable[[], BinaryIO]  # of a link: its target

    @property
    def name(self) -> str:
        return "/".join(self.parts)


def refuse(path: Path, name: str, reason: str) -> LabError:
    return LabError(text("'{file}': {reason}: '{name}'", file=path.name, reason=reason, name=name))


def parts_of(path: Path, name: str) -> tuple[str, ...]:
    """Return the parts of an entry's name; LabError when it leads out of the folder it is unpacked to."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    if re.match(r"[/\\]|[A-Za-z]:[/\\]", name):
        raise refuse(path, name, text("an entry has an absolute path"))
    if ".." in parts:
        raise refuse(path, name, text("an entry leads out of its folder"))
    if len(parts) > DEPTH:
        raise refuse(path, name, text("folders are nested deeper than {depth}", depth=DEPTH))
    if any(len(os.fsencode(part)) > NAME_BYTES for part in parts):
        raise refuse(path, name, text("a name is longer than {limit} bytes", limit=NAME_BYTES))
    return parts


@contextmanager
def zip_entries(path: Path) -> Iterator[Iterator[Entry]]:
    """Yield the entries of a zip, checked for names, encryption, overlaps and compression ratio."""
    broken = text("'{file}' is not a whole zip: pack the folder again", file=path.name)
    try:
        with (
            path.open("rb", buffering=0) as raw,
            _ShortReads(raw, path) as file,
            zipfile.ZipFile(file) as archive,
        ):
            yield _zip_entries(path, archive)
    except NotImplementedError:
        raise LabError(
            text(
                "'{file}' uses a compression that is not deflate: pack it as an ordinary zip", file=path.name
            )
        ) from None
    except (zipfile.BadZipFile, UnicodeDecodeError, EOFError, ValueError, zlib.error) as error:
        raise LabError(broken) from error


class _ShortReads(io.BufferedReader):
    """The list of names is read in one piece: refuse it before it fills the memory."""

    def __init__(self, file: io.FileIO, path: Path) -> None:
        super().__init__(file)
        self.path = path

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:  # the end of the zip, 64 KB
            size = NAMES_MB * MB
        if size > NAMES_MB * MB:
            raise LabError(text("'{file}' lists more than {limit} files", file=self.path.name, limit=ENTRIES))
        return super().read(size)


def _zip_entries(path: Path, archive: zipfile.ZipFile) -> Iterator[Entry]:
    infos = archive.infolist()
    if len(infos) > ENTRIES:
        raise LabError(text("'{file}' lists more than {limit} files", file=path.name, limit=ENTRIES))
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:  # one packed file unpacked many times over: a bomb
            raise refuse(path, info.filename, text("entries of the zip overlap"))
        end = info.header_offset + info.compress_size
    for info in infos:
        raw = info.filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
        name = decode_name(raw)
        if info.flag_bits & 0x1:
            raise refuse(path, name, text("the zip has a password, pack it without one"))
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError
        if info.file_size > RATIO_FROM_MB * MB and info.file_size > RATIO * max(info.compress_size, 1):
            raise refuse(
                path, name, text("an entry unpacks to more than {ratio} times its size", ratio=RATIO)
            )
        mode = info.external_attr >> 16 if info.create_system == 3 else 0
        yield Entry(
            parts=parts_of(path, name),
            kind="folder" if name.endswith(("/", "\\")) else _kind(mode) if stat.S_IFMT(mode) else "file",
            size=info.file_size,
            runnable=bool(mode & 0o111),
            modified=_zip_time(info),
            open=lambda info=info: archive.open(info),
        )


def _zip_time(info: zipfile.ZipInfo) -> float | None:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None


def folder_entries(path: Path, skip: Path) -> Iterator[Entry]:
    """Yield the entries of a folder without following a link; `skip` is where they are being written to."""
    owner, skipped = path.stat().st_uid, os.path.realpath(skip)
    folders, seen = [(os.fspath(path), "")], 0
    while folders:
        folder, prefix = folders.pop()
        try:
            items = sorted(os.scandir(folder), key=lambda item: item.name)
        except OSError:
            if not prefix:
                raise
            yield Entry(parts_of(path, prefix), "unreadable", 0, False, None, io.BytesIO)
            continue
        for item in items:
            if (seen := seen + 1) > ENTRIES:
                raise LabError(text("'{file}' holds more than {limit} files", file=path.name, limit=ENTRIES))
            state = item.stat(follow_symlinks=False)
            kind = _kind(state.st_mode)
            name = f"{prefix}{decode_name(os.fsencode(item.name)).replace(chr(92), '_')}"
            if kind == "file" and state.st_nlink > 1 and state.st_uid != owner:
                kind = "hard link to somebody else's file"
            if kind == "folder" and os.path.realpath(item.path) == skipped:
                continue
            parts = parts_of(path, name)
            if kind == "folder":
                folders.append((item.path, f"{name}/"))
            opener = _link_target if kind == "link" else _open_file
            runnable = bool(state.st_mode & 0o111)
            yield Entry(
                parts, kind, state.st_size, runnable, state.st_mtime, lambda o=opener, i=item: o(i.path)
            )


def _kind(mode: int) -> str:
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "named pipe"}
    return kinds.get(stat.S_IFMT(mode), "socket" if stat.S_ISSOCK(mode) else "device")


def _open_file(path: str) -> BinaryIO:
    """Open a regular file, also when somebody swaps it for a link or a pipe in between."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"no longer a file: {path}")
    return os.fdopen(descriptor, "rb")


def _link_target(path: str) -> BinaryIO:
    return io.BytesIO(os.fsencode(Path(path).readlink()))
