"""Builds images and starts services by a Docker engine, as safely as one allows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common.grading.conveyor import CannotTellError
from common.grading.engine.docker import Attached, Engine
from common.grading.engine.machine import Container, EngineMachine
from common.grading.engine.recipe import Recipe, Step, copy_context
from common.grading.evidence import NETWORK_ERRORS
from common.grading.runs import how_it_ended
from common.grading.sandbox import Box, Run
from common.grading.service.context import Context
from common.grading.service.dockerfile import DockerfileError, Instruction, find_target
from common.grading.service.exchange import ANSWER_S
from common.grading.service.finding import Build
from common.grading.service.image import Builder, Image
from common.grading.service.launch import Launch
from common.grading.service.workshop import Extras
from common.grading.texts import text

COLOUR = re.compile(r"\x1b\[\d*m")
STEP = re.compile(r"^Step (\d+)/\d+ : ", re.M)
FAILED = re.compile(r"returned a non-zero code: (\d+)")
BUILDERS_OWN = re.compile(r"\s*--->|Removing intermediate container|Step \d+/|Sending build context|\s*$")
NOT_THERE = re.compile(r"manifest unknown|not found|does not exist|access denied|invalid reference", re.I)
NO_NETWORK = re.compile(NETWORK_ERRORS.pattern + r"|Temporary failure|No matching distribution|bad address")


class Reader(Builder):
    """Reads off what an image copies and installs; its RUN lines are the engine's to run."""

    def _run(self, image: Image, instruction: Instruction, variables: Mapping[str, str]) -> None:
        missing = list(image.missing)
        super()._run(image, instruction, variables)
        image.missing = missing  # what pip is given may be made by another RUN line

    def _execute(self, image: Image, *_: object) -> None: ...


@dataclass
class EngineWorkshop:
    engine: Engine
    box: Box
    has_own_packages = True

    @property
    def no_network(self) -> str:
        return text("it asks for the network, which its container has not: grade it with --allow-network")

    @property
    def answer_s(self) -> float:
        return min(ANSWER_S, self.box.limits.wall_s)

    def builder(self, build: Build, context: Context, folder: Path) -> Builder:
        return Reader(self.box, context, build.dockerfile, folder, build.service.arguments)

    def finish(self, launch: Launch, builder: Builder, extras: Extras) -> list[Launch]:
        """Build the image; DockerfileError where that fails, CannotTellError where nobody can say."""
        if launch.image.missing:  # the engine would say the same, later
            return []
        folder = builder.scratch / "context"
        copy_context(builder.context, folder)
        recipe = Recipe(builder.dockerfile, folder, self.engine.label, self.engine.network)
        target = find_target(builder.dockerfile, launch.service.target)
        written = builder.scratch / "Dockerfile"
        written.write_text(recipe.write(target, extras.mounts), "utf-8")
        for base in recipe.bases(target):
            self._pull(base)
        identity = self._build(recipe, written, builder.arguments)
        start = self.engine.ask(
            "inspect", "--format", "{{len .Config.Cmd}} {{len .Config.Entrypoint}}", identity
        )
        has_start = start.stdout.split() != ["0", "0"]
        if not (has_start or launch.command):
            raise DockerfileError(text("it has no CMD and no ENTRYPOINT"))
        return [Container(**vars(launch), identity=identity, given=dict(extras.env))]

    def machine(self, launches: Sequence[Launch], work: Path) -> EngineMachine:  # noqa: ARG002
        return EngineMachine(self.engine, launches)

    def _pull(self, base: str) -> None:
        """Have a base image, and remove it afterwards if it was not there before."""
        if self.engine.ask("image", "inspect", "--format", "{{.Id}}", "--", base).returncode == 0:
            return
        with Attached(self.engine, ["pull", "--quiet", "--", base], lambda: None) as pull:
            run = pull.follow(self.box.limits.wall_s)
        if run.exit_code == 0:
            self.engine.remove_later(f"image {base}")
            return
        why = _last(run.stderr) if not run.stopped else how_it_ended(run)
        if NOT_THERE.search(run.stderr) and not NETWORK_ERRORS.search(run.stderr):
            raise DockerfileError(text("there is no base image '{image}': {reason}", image=base, reason=why))
        raise CannotTellError(
            text("the engine cannot pull '{image}', on which it builds: {reason}", image=base, reason=why)
        )

    def _build(self, recipe: Recipe, written: Path, arguments: Mapping[str, str]) -> str:
        """Return the id of the image."""
        engine, file = self.engine, written.with_name("id")
        words = ["build", "--force-rm", f"--network={'default' if engine.network else 'none'}"]
        words += [*engine.memory, "--cpu-period=100000", f"--cpu-quota={engine.cpus}00000"]
        words += [
            f"--build-arg={name}={value}" for name, value in arguments.items() if name and "\0" not in value
        ]
        words += [f"--iidfile={file}", f"--file={written}", "--", str(recipe.context)]
        with Attached(engine, words, engine.end_containers) as build:
            run = build.follow(self.box.limits.wall_s)
        if engine.journal:
            engine.journal.keep(run, ".", [])
        if run.exit_code == 0 and file.is_file():
            return file.read_text().strip()
        raise self._why(recipe, run)

    def _why(self, recipe: Recipe, run: Run) -> Exception:
        """Return the reason for which a build failed: DockerfileError, or CannotTellError."""
        output = COLOUR.sub("", run.stdout)
        said = _last("\n".join(line for line in output.splitlines() if not BUILDERS_OWN.match(line)))
        numbers = STEP.findall(output)
        step = recipe.step(int(numbers[-1][:6])) if numbers else None
        code = FAILED.search(_last(run.stderr))
        if not (run.stopped or code):
            return DockerfileError(text("docker build says: {line}", line=_last(run.stderr)))
        last_step = output[output.rfind("\nStep ") :]
        if code and not self.engine.network and NO_NETWORK.search(last_step):
            return CannotTellError(text("its build asks for the network: grade it with --allow-network"))
        how = how_it_ended(replace(run, exit_code=int(code[1]), stderr=said) if code else run)
        step = step or Step("")
        return DockerfileError(
            text("line {line}: {command} {how}", line=step.line, command=step.words, how=how)
        )


def _last(output: str) -> str:
    return (output.strip().splitlines() or [""])[-1]
