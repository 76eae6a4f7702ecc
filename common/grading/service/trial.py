"""One trial of a submission's service: builds its images, starts them, talks to them, and ends them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.conveyor import CannotTellError
from common.grading.evidence import NETWORK_ERRORS
from common.grading.sandbox import Run
from common.grading.service.compose import read_env
from common.grading.service.context import Context, open_context
from common.grading.service.dockerfile import DockerfileError
from common.grading.service.exchange import Client
from common.grading.service.finding import Build, Found, find
from common.grading.service.image import Image
from common.grading.service.judging import Judged, examples_of, judge
from common.grading.service.launch import Launch, plan
from common.grading.service.machine import Port, Running, last_words
from common.grading.service.sources import read_sources
from common.grading.service.values import know
from common.grading.service.workshop import Extras, Workshop
from common.grading.texts import text

NETWORK = re.compile(  # what the hub of pretrained models says besides
    NETWORK_ERRORS.pattern + r"|couldn't connect to|LocalEntryNotFoundError|cannot find the requested files"
)
NO_FILE = re.compile(
    r"FileNotFoundError|No such file or directory|can't open file|does not exist|Path '.*' does not", re.I
)
NO_MODULE = re.compile(
    r"ModuleNotFoundError: No module named '([\w.]+)'|exec: ([\w.-]+): not found"
    r"|env: \W([\w.-]+)\W: No such file"
)


@dataclass
class Trial:
    """What became of it."""

    found: Found
    images: dict[str, Image] = field(default_factory=dict)
    build_problems: dict[str, str] = field(default_factory=dict)
    launches: list[Launch] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # service: how it ended
    run: Run | None = None
    judged: dict[Port, Judged] = field(default_factory=dict)
    cannot: str = ""  # why nothing can be said
    needs: str = ""  # a module or a program that the box has not

    @property
    def missing(self) -> list[str]:
        """Return what the images copy and the submission has not."""
        return [name for image in self.images.values() for name in image.missing]

    @property
    def misses_file(self) -> bool:
        """Whether something that it needs was not handed in."""
        missing = any(image.missing for image in self.images.values())
        said = self.run is not None and NO_FILE.search(self.run.stderr)
        return (
            missing or bool(said and not self.ports) or any(one.misses_file for one in self.judged.values())
        )


def build(workshop: Workshop, root: Path, lab: Path, scratch: Path) -> Trial:
    """Build the images of the lab in the folder `lab` of a submission; nothing is started yet."""
    trial = Trial(find(root, lab))
    try:
        _build_all(trial, workshop, root, scratch)
    except CannotTellError as reason:
        trial.cannot = str(reason)
    return trial


def start(trial: Trial, workshop: Workshop, lab: Path, scratch: Path) -> None:
    """Start what was built, talk to it, and end it."""
    if trial.cannot or not trial.launches:
        return
    try:
        _start(trial, workshop, lab, scratch)
    except CannotTellError as reason:
        trial.cannot = str(reason)


def _build_all(trial: Trial, workshop: Workshop, root: Path, scratch: Path) -> None:
    for number, build in enumerate(trial.found.builds):
        context = open_context(build.context, root, build.path)
        extras = Extras(
            tuple(_mounts(build, trial.found, root)),
            {**_env_files(build, trial.found, root), **build.service.env},
        )
        builder = workshop.builder(build, context, scratch / f"image-{number}")
        try:
            image = builder.build(build.service.target)
            for path, place in extras.mounts:
                Context(path.parent, root).copy(path, image.on_host(place), builder.budget)
            trial.images[build.name] = image
            if builder.cannot:
                raise CannotTellError(builder.cannot)
            trial.launches += workshop.finish(
                plan(build.name, image, build.service, extras.env), builder, extras
            )
        except DockerfileError as problem:
            trial.build_problems[build.name] = str(problem)


def _mounts(build: Build, found: Found, root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what a compose file mounts of the submission, and its place in the container: it is copied."""
    for source, place in build.service.volumes if found.compose else ():
        path = (found.compose.parent / source).resolve() if found.compose else root
        if path.is_relative_to(root) and path.exists():
            yield path, place


def _env_files(build: Build, found: Found, root: Path) -> dict[str, str]:
    env: dict[str, str] = {}
    for name in build.service.env_files:
        path = (found.compose.parent / name).resolve() if found.compose else root
        if path.is_relative_to(root):
            env |= read_env(path)
    return env


def _start(trial: Trial, workshop: Workshop, lab: Path, scratch: Path) -> None:
    """Start them all; without those that fail, when others are left."""
    for attempt in range(len(trial.launches)):
        work = scratch / f"work-{attempt}"
        work.mkdir()
        work.chmod(0o755)
        with workshop.machine(trial.launches, work) as machine:
            trial.launches = machine.launches
            if taken := machine.taken:
                raise CannotTellError(text("port {port} is taken on this machine: free it", port=min(taken)))
            trial.ports = machine.wait()
            if trial.ports:
                _talk(trial, machine, workshop.answer_s, lab)
            trial.run = machine.stop()
        if machine.error:
            raise machine.error
        assert trial.run  # noqa: S101
        if trial.ports:
            return
        name = machine.failed
        if match := NO_MODULE.search(trial.run.stderr):
            trial.needs = next(group for group in match.groups() if group)
        if not workshop.box.network and NETWORK.search(trial.run.stderr):
            raise CannotTellError(workshop.no_network)
        if not name:
            return
        trial.failed[name] = last_words(trial.run)
        trial.launches = [launch for launch in trial.launches if launch.name != name]
        if not trial.launches:
            return


def _talk(trial: Trial, machine: Running, answer_s: float, lab: Path) -> None:
    known, sources = know(lab), read_sources(lab)
    examples = examples_of(lab, sources)
    for port in trial.ports[:6]:
        try:
            way = machine.open(port)
        except OSError as error:
            raise CannotTellError(str(error)) from error
        judged = judge(Client(way, port, answer_s), sources, known, examples)
        if judged:
            trial.judged[port] = judged
    if any(one.kind != "http" for one in trial.judged.values()):
        trial.judged = {port: one for port, one in trial.judged.items() if one.kind != "http"}
