"""Shows parts of the work folder at other places of the box too: /app, where an image has its program.

The box's root is made anew for each run, so a place is a link in it. What the box itself has cannot be
replaced: below such a place the links lie deeper, or there are none.
"""

from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

ROOT = PurePosixPath("/")
USR = ROOT / "usr"
# what bubblewrap.py puts into the root, besides the interpreter; etc and var hold only few names
TAKEN = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "proc", "dev", "sys", "tmp", "box", "submission")
TAKEN_DEEPER = ("etc/passwd", "etc/group", "etc/hosts", "etc/ssl", "etc/alternatives", "var/tmp")
LINKS = 200


def places(image: Path, at: str, interpreter: Iterable[Path]) -> dict[str, str]:
    """Return the links, place: target, that show the tree `image`, in the box at `at`, as if it were /."""
    taken = {ROOT / name for name in (*TAKEN, *TAKEN_DEEPER)}
    taken |= {PurePosixPath(folder) for folder in interpreter}
    taken |= {USR / child.name for child in Path(USR).iterdir() if child.name != "src"}
    links: dict[str, str] = {}
    todo = [ROOT]
    while todo and len(links) < LINKS:
        here = todo.pop()
        for child in sorted((image / here.relative_to(ROOT)).iterdir()):
            place = here / child.name
            if place in taken:
                continue
            if any(other.is_relative_to(place) for other in taken):
                if child.is_dir() and not child.is_symlink():
                    todo.append(place)
            else:
                links[str(place)] = f"{at}{place}"
    return links


def show_usr(links: Collection[str]) -> list[str]:
    """Return bwrap's options that show /usr, with room for the links that go there."""
    wanted = {PurePosixPath(link).parts[2] for link in links if link.startswith("/usr/")}
    if not wanted:
        return ["--ro-bind", "/usr", "/usr"]
    options: list[str] = []
    for child in sorted(Path(USR).iterdir()):
        if child.name in wanted:
            continue
        if child.is_symlink():
            options += ["--symlink", str(child.readlink()), str(child)]
        else:
            options += ["--ro-bind", str(child), str(child)]
    return options
