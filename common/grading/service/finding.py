"""Finds a lab's Dockerfiles and compose file, whatever they are called, and what belongs to which."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.service import compose
from common.grading.service.compose import ComposeError, Service
from common.grading.service.context import open_context
from common.grading.service.dockerfile import Dockerfile, DockerfileError, read
from common.grading.texts import text

DOCKERFILE = re.compile(r"(?:.+[._-])?dockerfile(?:[._-].+)?", re.I)
NOT_DOCKERFILE = re.compile(r".*(?:ignore|\.(?:md|png|jpe?g|py|sh|ya?ml|ipynb|pdf))", re.I)
COMPOSE = re.compile(r"(?:docker-?)?compose.*\.ya?ml", re.I)
SKIPPED = {".git", ".venv", "venv", "node_modules", "site-packages", "__pycache__", "tests"}
DEPTH, MOST_FILES = 4, 5000


@dataclass(frozen=True)
class Build:
    """A Dockerfile, the folder that it is built from, and what a compose file adds: its service."""

    name: str
    path: Path
    dockerfile: Dockerfile
    context: Path
    service: Service


@dataclass
class Found:
    """What is there; paths are absolute."""

    dockerfiles: list[Path] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    compose: Path | None = None
    compose_problem: str = ""
    services: list[Service] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    pulled: list[str] = field(default_factory=list)  # images that are not built here


def walk(folder: Path) -> Iterator[Path]:
    """Yield the files of a lab, nearest first in each folder, links and tools' folders left out."""
    count = 0
    for path, folders, names in os.walk(folder):
        depth = len(Path(path).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if name not in SKIPPED and depth < DEPTH)
        for name in sorted(names):
            file = Path(path, name)
            if file.is_file() and not file.is_symlink():
                count += 1
                if count > MOST_FILES:
                    return
                yield file


def find(root: Path, lab: Path) -> Found:
    """Find what is to be built and started for the lab in the folder `lab` of a submission."""
    root, lab = root.resolve(), lab.resolve()
    found = Found()
    files = list(walk(lab))
    dockerfiles = [file for file in files if _is_dockerfile(file)]
    found.dockerfiles = sorted(dockerfiles, key=lambda file: (len(file.parts), _oddness(file.name), file))
    read_ones: dict[Path, Dockerfile] = {}
    for path in found.dockerfiles:
        try:
            read_ones[path] = read(path)
        except DockerfileError as error:
            found.unreadable[path] = str(error)
    _read_compose(found, root, lab, files)
    for service in found.services:
        build = _build_of(service, found, read_ones, root)
        if build:
            found.builds.append(build)
        elif service.context is None:
            found.pulled.append(service.image or service.name)
    if not found.builds:
        for number, (path, dockerfile) in enumerate(read_ones.items()):
            name = f"service{number}"
            context = _context(path, dockerfile, lab, root)
            found.builds.append(Build(name, path, dockerfile, context, Service(name)))
    return found


def _is_dockerfile(file: Path) -> bool:
    if not DOCKERFILE.fullmatch(file.name) or NOT_DOCKERFILE.fullmatch(file.name):
        return False
    with file.open("rb") as content:
        lines = decode(content.read(20_000)).splitlines()
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def _oddness(name: str) -> int:
    """Docker finds Dockerfile and dockerfile by itself; for others it must be told."""
    return ("Dockerfile", "dockerfile").index(name) if name in ("Dockerfile", "dockerfile") else 2


def _read_compose(found: Found, root: Path, lab: Path, files: list[Path]) -> None:
    """Read the compose file that is nearest to the lab; one of the root counts when it speaks of the lab."""
    near = sorted((file for file in files if COMPOSE.fullmatch(file.name)), key=lambda file: len(file.parts))
    if not near and lab != root:
        near = [
            file
            for file in sorted(root.iterdir())
            if COMPOSE.fullmatch(file.name) and file.is_file() and not file.is_symlink()
        ]
        near = [file for file in near if lab.name.encode() in file.read_bytes()[: compose.LONGEST_BYTES]]
    for file in near:
        try:
            services = compose.services(compose.read(file))
        except ComposeError as error:
            found.compose = found.compose or file
            found.compose_problem = found.compose_problem or str(error)
        else:
            found.compose, found.compose_problem, found.services = file, "", services
            return


def _build_of(service: Service, found: Found, read_ones: dict[Path, Dockerfile], root: Path) -> Build | None:
    assert found.compose  # noqa: S101
    here = found.compose.parent
    if service.context is not None:
        context = (here / service.context).resolve()
        path = _dockerfile_in(context, service.dockerfile, root)
        if not context.is_relative_to(root) or not context.is_dir() or path is None:
            found.compose_problem = text(
                "{name}: there is no '{file}' in '{context}'",
                name=service.name,
                file=service.dockerfile,
                context=service.context,
            )
            return None
        if path not in read_ones and path not in found.unreadable:
            try:
                read_ones[path] = read(path)
            except DockerfileError as error:
                found.unreadable[path] = str(error)
            found.dockerfiles.append(path)
        return Build(service.name, path, read_ones[path], context, service) if path in read_ones else None
    named = [path for path in read_ones if service.name.lower() in path.as_posix().lower().split("/")[-2:]]
    for path in [*named, *(read_ones if len(read_ones) == 1 and _is_own(service, found) else ())]:
        return Build(
            service.name, path, read_ones[path], _context(path, read_ones[path], here, root), service
        )
    return None


def _is_own(service: Service, found: Found) -> bool:
    """Whether an image that is only named is the one of the Dockerfile beside it: nothing else is."""
    known = re.compile(
        r"(?:^|/)(?:postgres|redis|nginx|mysql|mongo|rabbitmq|prom|grafana|minio|adminer|traefik)"
    )
    own = [other for other in found.services if not known.search(other.image)]
    return own == [service]


def _dockerfile_in(context: Path, name: str, root: Path) -> Path | None:
    for path in (context / name, context / name.lower()):
        if path.is_file() and path.resolve().is_relative_to(root):
            return path.resolve()
    return None


def _context(path: Path, dockerfile: Dockerfile, lab: Path, root: Path) -> Path:
    """Return the folder that a Dockerfile is meant to be built from: where most of what it copies is."""
    sources = [
        word
        for stage in dockerfile.stages
        for instruction in stage.instructions
        if instruction.name in ("COPY", "ADD") and "from" not in instruction.flags
        for word in instruction.words[:-1]
    ]

    def fit(folder: Path) -> int:
        context = open_context(folder, root, path)
        return sum(bool(context.find(source)) for source in sources)

    return max((path.parent, lab, root), key=fit)
