"""Builds what a Dockerfile describes, without an engine: a tree with what it copies, and how to start it.

What it installs is not installed: the box has the packages of the grader's interpreter. Of RUN lines only
what makes something in the image is run, in the box: a script, a folder, a copy.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from common.grading.box.places import places
from common.grading.evidence import NETWORK_ERRORS
from common.grading.opening.decoding import decode
from common.grading.runs import how_it_ended
from common.grading.sandbox import WORK, Box, Setting
from common.grading.service.context import Budget, Context
from common.grading.service.dockerfile import (
    Dockerfile,
    DockerfileError,
    Instruction,
    Stage,
    expand,
    find_stage,
    find_target,
    pairs,
)
from common.grading.texts import text

MAKES = re.compile(  # of a RUN line: python train.py, python -m src.train, sh x.sh, mkdir and the like
    r"(?:\w+=\S* +)*(?:python[\d.]*\s+(?!.*\bpip\b)(?!-m\s+(?:venv|ensurepip|nltk|spacy))|(?:ba)?sh\s+\S+\.sh"
    r"|\./\S+\.(?:sh|py)|mkdir\b|cp\b|mv\b|touch\b|ln\b|cd\b|unzip\b|tar\b)"
)
WITH_VALUE = {  # pip's options whose value is another word, and no package
    *("-c", "--constraint", "-f", "--find-links", "-i", "--index-url", "--extra-index-url", "-t", "--target"),
    *("--prefix", "--root", "--platform", "--python-version", "--timeout", "--retries", "--cache-dir"),
}
INSTALLS = re.compile(r"\b(?:pip[\d.]*|uv)\s+(?:-\S+\s+(?:[^\s-]\S*\s+)??)*install\s+(.*)")
MANAGERS = re.compile(
    r"\b(?:poetry|pipenv|conda|mamba|micromamba|pdm)\b|\buv\s+(?:sync|run)\b|install\s+-?-?e?\s*\."
)
RUNS = re.compile(r"(?:\w+=\S* +)*(?:python|(?:ba)?sh\b|\./)")  # a failure of the others is the box's
FOLDER = re.compile(r"(?<![\w./-])/(\w[\w.-]{0,99})")
RUN_LINES = 40
REQUIREMENTS_BYTES = 1 << 18


@dataclass
class Image:
    """`tree` is the image's root as far as the Dockerfile made it; paths in it are as the image has them."""

    tree: Path
    base: str
    folder: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] | str = ""
    command: list[str] | str = ""
    exposed: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)  # what it copies and the context has not
    copied: int = 0  # files
    installed: list[str] = field(default_factory=list)  # requirements, as pip is given them
    installs_otherwise: bool = False  # not by pip: what it has then cannot be read off

    @property
    def start(self) -> list[str]:
        """Return the command that a container runs, as Docker puts it together."""
        if isinstance(self.entrypoint, str) and self.entrypoint:
            return ["/bin/sh", "-c", self.entrypoint]
        command = ["/bin/sh", "-c", self.command] if isinstance(self.command, str) else self.command
        return [*self.entrypoint, *(command if self.command else [])]

    def place(self, path: str) -> PurePosixPath:
        """Return an absolute path, from which '..' does not lead out."""
        parts: list[str] = []
        for part in PurePosixPath(self.folder, path).parts[1:]:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return PurePosixPath("/", *parts)

    def on_host(self, path: str) -> Path:
        return self.tree / self.place(path).relative_to("/")


@dataclass
class Builder:
    box: Box
    context: Context
    dockerfile: Dockerfile
    scratch: Path  # where trees are made, a folder of its own
    arguments: Mapping[str, str] = field(default_factory=dict)  # --build-arg
    budget: Budget = field(default_factory=Budget)
    cannot: str = ""  # why a RUN line could not be run here; the rest is read all the same

    def build(self, target: str = "") -> Image:
        """Build the last stage or the one named `target`; DockerfileError where Docker would fail."""
        self._built: dict[int, Image] = {}
        wanted = find_target(self.dockerfile, target)
        try:
            image = self._stage(wanted)
        except OSError as error:  # a folder where a file is, a name that is too long
            raise DockerfileError(
                text("its files cannot be copied: {reason}", reason=error.strerror or error)
            ) from error
        for other in self._built.values():
            if other is not image:
                image.installed = list(dict.fromkeys([*other.installed, *image.installed]))
                image.missing = list(dict.fromkeys([*other.missing, *image.missing]))
                image.installs_otherwise |= other.installs_otherwise
        return image

    def _named(self, name: str, before: int) -> Image | None:
        """Return the image of an earlier stage, by its name or number."""
        number = find_stage(self.dockerfile, name, before)
        return None if number is None else self._built.get(number) or self._stage(number)

    def _stage(self, number: int) -> Image:
        stage: Stage = self.dockerfile.stages[number]
        tree = self.scratch / f"stage-{number}"
        tree.mkdir(parents=True)
        if before := self._named(stage.base, number):
            Context(before.tree, before.tree.resolve()).copy(before.tree, tree, self.budget)
            image = replace(before, tree=tree, env=dict(before.env), exposed=set(before.exposed))
        else:
            image = Image(tree, stage.base)
        known = {**self.dockerfile.arguments}
        arguments: dict[str, str] = {}
        run_lines = 0
        for instruction in stage.instructions:
            variables = {**arguments, **image.env}
            name, value = instruction.name, instruction.value
            if name == "ARG":
                given = {**known, **self.arguments}
                arguments |= {key: given.get(key, word) for key, word in pairs(value, given).items()}
            elif name == "ENV":
                image.env |= pairs(value, variables)
            elif name == "WORKDIR":
                image.folder = str(image.place(expand(value, variables).strip("\"'")))
                image.on_host(".").mkdir(parents=True, exist_ok=True)
            elif name in ("COPY", "ADD"):
                self._copy(image, instruction, variables, number)
            elif name == "EXPOSE":
                image.exposed |= {port.split("/")[0] for port in expand(value, variables).split()}
            elif name == "ENTRYPOINT":
                image.entrypoint, image.command = instruction.exec_form or value, ""
            elif name == "CMD":
                image.command = instruction.exec_form or value
            elif name == "VOLUME":
                self._make_folders(image, FOLDER.findall(" ".join(instruction.words)))
            elif name == "RUN":
                run_lines += 1
                if run_lines <= RUN_LINES:
                    self._run(image, instruction, variables)
        self._built[number] = image
        return image

    def _copy(
        self, image: Image, instruction: Instruction, variables: Mapping[str, str], number: int
    ) -> None:
        *sources, target = [expand(word, variables).strip("\"'") for word in instruction.words]
        if instruction.heredoc:
            path = image.on_host(target)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(instruction.heredoc + "\n", "utf-8")
            return
        context, tolerant = self.context, False
        if origin := instruction.flags.get("from"):
            stage = self._named(origin, number)
            tolerant = True  # it may come from what was not installed
            if stage is None:
                return
            context = Context(stage.tree, stage.tree.resolve())
        found = {source: context.find(source) for source in sources if "://" not in source}
        into = (
            len(sources) > 1 or target.endswith(("/", ".")) or any(len(paths) > 1 for paths in found.values())
        )
        for source, paths in found.items():
            copied = 0
            for path in paths:
                place = image.on_host(target)
                if path.is_file() and into:
                    place = place / path.name
                copied += context.copy(path, place, self.budget)
            image.copied += copied
            if not (copied or tolerant or any(path.is_dir() for path in paths)):
                image.missing.append(source)

    def _run(self, image: Image, instruction: Instruction, variables: Mapping[str, str]) -> None:
        words = instruction.exec_form
        line = shlex.join(words) if words else instruction.value
        if instruction.heredoc:
            line = instruction.heredoc.replace("\n", " && ")
        kept = []
        for part in re.split(r"&&|;|\n", line):
            part = re.sub(r"^mkdir\s+(?!-)", "mkdir -p ", part.strip())
            if MANAGERS.search(part):
                image.installs_otherwise = True
            if match := INSTALLS.search(part):
                image.installed += self._requirements(image, expand(match[1], variables))
            elif MAKES.match(part):
                kept.append(part)
        if not all(part.startswith("cd ") for part in kept):
            self._execute(image, instruction, variables, kept)

    def _execute(
        self, image: Image, instruction: Instruction, variables: Mapping[str, str], kept: list[str]
    ) -> None:
        """Run these parts of a RUN line in the box."""
        self._make_folders(image, FOLDER.findall(expand(" ".join(kept), variables)))
        links = places(image.tree, WORK, self.box.python.folders)
        run = self.box.run(
            ["/bin/sh", "-ec", "\n".join(part if RUNS.match(part) else f"{part} || :" for part in kept)],
            image.tree,
            folder=image.folder.lstrip("/") or ".",
            env=shown_env(variables),
            setting=Setting(links=links),
        )
        if run.exit_code:
            if NETWORK_ERRORS.search(run.stderr) and not self.box.network:
                self.cannot = text(
                    "its build asks for the network, which the box has not: grade it with --allow-network"
                )
                return
            raise DockerfileError(
                text(
                    "line {line}: RUN {command} {how}",
                    line=instruction.line,
                    command=next((part for part in reversed(kept) if RUNS.match(part)), kept[-1]),
                    how=how_it_ended(run),
                )
            )

    def _make_folders(self, image: Image, names: list[str]) -> None:
        """Make folders of the image's root, which in the box cannot grow."""
        for name in names:
            if not Path("/", name).exists():
                (image.tree / name).mkdir(exist_ok=True)

    def _requirements(self, image: Image, line: str) -> list[str]:
        """Return what `pip install` is asked for, with what is in its -r files."""
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = line.split()
        found: list[str] = []
        while words:
            word = words.pop(0)
            if word in ("-r", "--requirement") and words:
                word = f"-r{words.pop(0)}"
            if word.startswith(("-r", "--requirement=")):
                name = word.removeprefix("--requirement=").removeprefix("-r").strip("=")
                file = image.on_host(name)
                if file.is_file() and file.stat().st_size <= REQUIREMENTS_BYTES:
                    found += decode(file.read_bytes()).splitlines()
                elif Path(name).name not in image.missing and not self.cannot:
                    image.missing.append(name)
            elif word in WITH_VALUE:
                words = words[1:]
            elif not word.startswith("-"):
                found.append(word)
        return found


def shown_env(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the box, which keeps its own PATH: its python is not the image's."""
    return {
        name: value for name, value in variables.items() if name not in ("PATH", "HOME") and "\0" not in value
    }
