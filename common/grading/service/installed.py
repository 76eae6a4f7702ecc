"""Whether what an image installs is enough for what its program imports; told without running either."""

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from common.grading.opening.decoding import decode
from common.grading.service.image import Image
from common.grading.service.launch import Launch
from common.grading.service.sources import certain_imports, parse

LONGEST_BYTES = 1 << 18
PLAIN = re.compile(r"(?:docker\.io/)?(?:library/)?(?:python|debian|ubuntu|alpine)(?:[:@].*)?")
SCRIPT = re.compile(r"(?:^|[\s/\"'])([\w/.-]+\.py)\b")
APPLICATION = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*):[A-Za-z_]\w*(?!\S*//)")
MODULE = re.compile(r"\s-m\s+([\w.]+)")
MOST_FILES = 50


def missing(launch: Launch) -> list[str]:
    """Return the modules that the program imports for certain and that nothing installed brings.

    Only for images of Python alone, with packages by pip that are known here: else nobody can tell.
    """
    image = launch.image
    if image.installs_otherwise or not PLAIN.fullmatch(image.base):
        return []
    brought = _closure(requirements(image))
    if brought is None:
        return []
    providers = importlib.metadata.packages_distributions()
    lacking = []
    for module in dict.fromkeys(_imports(launch)):
        names = {canonicalize_name(name) for name in providers.get(module, [])}
        if names and not names & brought:
            lacking.append(module)
    return sorted(lacking)


def requirements(image: Image) -> list[Requirement]:
    """Return what is installed by name; what is no name is left out."""
    found = []
    for line in image.installed:
        try:
            found.append(Requirement(re.sub(r"(^|\s)#.*$", "", line).strip().strip("'\"")))
        except InvalidRequirement:
            continue
    return found


def names(image: Image) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements(image)}


def _closure(wanted: list[Requirement]) -> set[str] | None:
    """Return the names of all that these bring with them; None when one is not known here."""
    todo = [(canonicalize_name(requirement.name), frozenset(requirement.extras)) for requirement in wanted]
    seen: set = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            if any(name == canonicalize_name(requirement.name) for requirement in wanted):
                return None
            continue
        for line in needs:
            needed = Requirement(line)
            if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                todo.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return {name for name, _ in seen}


def _imports(launch: Launch) -> Iterator[str]:
    """Yield the modules that the program imports as it starts, also by way of its own modules."""
    image = launch.image
    home = image.tree / launch.folder
    text = " ".join(launch.command)
    starts = [*SCRIPT.findall(text)]
    starts += [f"{name.replace('.', '/')}.py" for name in [*APPLICATION.findall(text), *MODULE.findall(text)]]
    todo = [path for start in starts for path in (home / start, image.on_host(start)) if _is_in(path, image)]
    seen: set[Path] = set()
    while todo and len(seen) < MOST_FILES:
        file = todo.pop().resolve()
        if file in seen or file.stat().st_size > LONGEST_BYTES:
            continue
        seen.add(file)
        tree = parse(decode(file.read_bytes()))
        for module in certain_imports(tree) if tree else ():
            near = [
                place / name
                for place in (file.parent, home)
                for name in (f"{module}.py", f"{module}/__init__.py")
            ]
            own = [path for path in near if _is_in(path, image)]
            todo += own
            is_own = own or any((place / module).is_dir() for place in (file.parent, home))
            if not is_own and module not in sys.stdlib_module_names:
                yield module


def _is_in(path: Path, image: Image) -> bool:
    return path.is_file() and path.resolve().is_relative_to(image.tree.resolve())
