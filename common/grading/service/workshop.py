"""Where images are built and services started: here in the box; with --engine by a Docker engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from common.grading.sandbox import Box
from common.grading.service.context import Context
from common.grading.service.dockerfile import DockerfileError
from common.grading.service.exchange import ANSWER_S
from common.grading.service.finding import Build
from common.grading.service.image import Builder
from common.grading.service.launch import Launch
from common.grading.service.machine import Machine, Running
from common.grading.texts import text


@dataclass(frozen=True)
class Extras:
    """What a compose file adds to an image: copies of files of the submission, variables."""

    mounts: tuple[tuple[Path, str], ...] = ()  # the file or folder, its place in the container
    env: Mapping[str, str] = field(default_factory=dict)


class Workshop(Protocol):
    box: Box  # of what runs in no image, such as a training script
    has_own_packages: bool  # whether images have what they install, and not this machine's packages

    @property
    def no_network(self) -> str: ...
    @property
    def answer_s(self) -> float: ...
    def builder(self, build: Build, context: Context, folder: Path) -> Builder: ...
    def finish(self, launch: Launch, builder: Builder, extras: Extras) -> list[Launch]: ...
    def machine(self, launches: Sequence[Launch], work: Path) -> Running: ...


class BoxWorkshop:
    """Reads Dockerfiles as Docker does, and starts their commands in the box."""

    has_own_packages = False

    def __init__(self, box: Box) -> None:
        self.box = box

    @property
    def no_network(self) -> str:
        return text("it asks for the network, which the box has not: grade it with --allow-network")

    @property
    def answer_s(self) -> float:
        return min(ANSWER_S, self.box.limits.wall_s)

    def builder(self, build: Build, context: Context, folder: Path) -> Builder:
        return Builder(self.box, context, build.dockerfile, folder, build.service.arguments)

    def finish(self, launch: Launch, builder: Builder, extras: Extras) -> list[Launch]:  # noqa: ARG002
        """Return what can be started; DockerfileError where nothing can be."""
        if not launch.command:
            raise DockerfileError(text("it has no CMD and no ENTRYPOINT"))
        return [launch]

    def machine(self, launches: Sequence[Launch], work: Path) -> Machine:
        return Machine(self.box, launches, work)
