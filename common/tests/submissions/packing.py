"""Zips as students and attackers make them, for the tests."""

import zipfile
from pathlib import Path


def pack(path: Path, entries: dict[str, str | bytes], mode: int = 0o100644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, (2024, 4, 16, 12, 30, 10))
            info.filename = name  # ZipInfo itself mends some names
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def raw_zip(path: Path, name: bytes, content: bytes = b"x = 1\n") -> Path:
    """Write a zip whose entry's name is just these bytes, without the UTF-8 flag."""
    pack(path, {"N" * len(name): content})
    path.write_bytes(path.read_bytes().replace(b"N" * len(name), name))
    return path


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir())
