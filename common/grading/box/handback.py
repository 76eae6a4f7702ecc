"""Brings what a run left in the box's work folder back to the host's.

All processes of the box are dead by then, so nothing changes while it is read. What comes back is plain
folders, files and links, and no link leads out: whoever reads the work folder afterwards stays in it.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

DEEPEST = 64  # folders in folders; a path this deep is no student's work, and tools choke on it
LONGEST_BYTES = 1024  # of a path; Linux takes 4096 with the work folder's own path


def bring_back(source: int, work: Path, name_in_box: str, *, since_ns: int = 0) -> tuple[str, ...]:
    """Make `work` hold what the open folder `source` holds; return what was left out, one line each.

    What did not change after `since_ns` and looks the same on both sides is not copied: most of a submission.
    """
    left_out: list[str] = []
    links: list[Path] = []
    copied: dict[int, Path] = {}  # inode -> first copy, so that a thousand names of one file stay one file
    folders: list[tuple[Path, os.stat_result]] = []
    todo = [("", 0)]
    while todo:
        folder, depth = todo.pop()
        here = os.open(f"./{folder}", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=source)
        try:
            there = {entry.name: entry for entry in os.scandir(work / folder)}
            for name, state in _entries(here):
                path = f"{folder}{name}"
                target = work / path
                before = there.pop(name, None)
                is_folder = stat.S_ISDIR(state.st_mode)
                if (
                    before
                    and not is_folder
                    and _is_unchanged(state, before.stat(follow_symlinks=False), since_ns)
                ):
                    continue
                if before and not (is_folder and before.is_dir(follow_symlinks=False)):
                    _remove(before)
                if depth >= DEEPEST or len(os.fsencode(path)) > LONGEST_BYTES:
                    left_out.append(f"{path[:80]}...: too deep or too long")
                elif is_folder:
                    target.mkdir(exist_ok=True)
                    os.chmod(name, state.st_mode | stat.S_IRWXU, dir_fd=here)
                    folders.append((target, state))
                    todo.append((f"{path}/", depth + 1))
                elif stat.S_ISLNK(state.st_mode):
                    links.append(target)
                    _copy_link(os.readlink(name, dir_fd=here), work, target, name_in_box)
                elif not stat.S_ISREG(state.st_mode):
                    left_out.append(f"{path}: not a file, a folder or a link")
                elif state.st_ino in copied:
                    os.link(copied[state.st_ino], target)
                else:
                    copied[state.st_ino] = target
                    os.chmod(name, state.st_mode | stat.S_IRUSR, dir_fd=here)
                    _copy_file(name, here, target, state)
            for entry in there.values():
                _remove(entry)
        finally:
            os.close(here)
    home = os.path.realpath(work)
    for link in [link for link in links if not _is_harmless(link, home)]:
        link.unlink()
        left_out.append(f"{link.relative_to(work)}: a link that leads out of the work folder, or in a circle")
    for target, state in reversed(folders):  # the inner first: filling a folder changes its time
        target.chmod((state.st_mode & 0o777) | stat.S_IRWXU)
        os.utime(target, ns=(state.st_atime_ns, state.st_mtime_ns))
    return tuple(left_out)


def _entries(folder: int) -> Iterator[tuple[str, os.stat_result]]:
    for name in sorted(os.listdir(folder)):  # it is an open folder, not a path
        yield name, os.stat(name, dir_fd=folder, follow_symlinks=False)


def _is_unchanged(state: os.stat_result, before: os.stat_result, since_ns: int) -> bool:
    """Say whether the box's file is the one it was filled with.

    Any change of a file, its name or its mode sets the time that no process can set (ctime). That of a file
    in a folder that was moved stays, hence the comparison.
    """
    return (
        state.st_ctime_ns < since_ns
        and stat.S_ISREG(state.st_mode)
        and state.st_nlink == before.st_nlink == 1
        and (state.st_mode, state.st_size, state.st_mtime_ns)
        == (before.st_mode, before.st_size, before.st_mtime_ns)
    )


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry)
    else:
        Path(entry).unlink()


def _is_inside(path: str, home: str) -> bool:
    return path == home or path.startswith(f"{home}/")


def _is_harmless(link: Path, home: str) -> bool:
    try:
        link.stat()
    except FileNotFoundError:
        pass  # it leads to nothing yet
    except OSError:  # in a circle, through a file, or too long
        return False
    return _is_inside(os.path.realpath(link), home)


def _copy_link(value: str, work: Path, target: Path, name_in_box: str) -> None:
    """Make the same link; one that names the work folder as the box calls it becomes relative."""
    if _is_inside(value, name_in_box):
        value = os.path.relpath(f"{work}{value.removeprefix(name_in_box)}", target.parent)
    target.symlink_to(value)


def _copy_file(name: str, folder: int, target: Path, state: os.stat_result) -> None:
    """Copy the data and leave holes as holes: a sparse terabyte stays a few blocks."""
    source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        position = 0
        while position < state.st_size:
            try:
                position = os.lseek(source, position, os.SEEK_DATA)
            except OSError:  # nothing but a hole up to the end
                break
            end = os.lseek(source, position, os.SEEK_HOLE)
            os.lseek(copy, position, os.SEEK_SET)
            while position < end:
                position += os.sendfile(copy, source, position, end - position)
        os.ftruncate(copy, state.st_size)
        os.fchmod(copy, (state.st_mode & 0o777) | stat.S_IRUSR | stat.S_IWUSR)
        os.utime(copy, ns=(state.st_atime_ns, state.st_mtime_ns))
    finally:
        os.close(source)
        os.close(copy)
