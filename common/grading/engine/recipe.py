"""Writes a Dockerfile anew, as the engine's classic builder takes it, with a label on every layer.

Only the classic builder has limits: its steps are containers, which can be counted, starved and killed. It
knows no heredocs, mounts of RUN, or `# syntax=`; what of these is harmless is written in older words. What
would give a build more rights than others have is refused. ADD and COPY are written as the words that were
read here, so that nothing can mean one thing here and another one there.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from common.grading.conveyor import CannotTellError
from common.grading.service.context import Budget, Context
from common.grading.service.dockerfile import (
    HEREDOC,
    Dockerfile,
    DockerfileError,
    Instruction,
    find_stage,
)
from common.grading.texts import text

OWN = ".workbook"  # a folder of the context for files of heredocs and mounts
REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@|github\.com/", re.I)
MODE = re.compile(r"0?[0-7]{3}")
READABLE = 0o666  # what a mount of the host's would let its owner do, whoever the container's user is


@dataclass(frozen=True)
class Step:
    words: str
    line: int = 0  # of the submission's Dockerfile; 0 for a step of ours


@dataclass
class Recipe:
    """`context` is a private copy, to which files are added."""

    dockerfile: Dockerfile
    context: Path
    label: str
    network: bool
    steps: list[Step] = field(default_factory=list)
    _files: int = 0

    def write(self, target: int, mounts: tuple[tuple[Path, str], ...]) -> str:
        """Return a Dockerfile whose last stage is `target`, with copies of the mounts at its end."""
        for number in sorted(self.needed(target)):
            stage = self.dockerfile.stages[number]
            before = find_stage(self.dockerfile, stage.base, number)
            base = stage.source if before is None else _name(before)
            self.steps.append(Step(f"FROM {base} AS {_name(number)}"))
            self.steps.append(Step(f'LABEL {self.label}="1"'))
            if not self.network and any("pip" in one.value + one.heredoc for one in stage.instructions):
                self.steps.append(Step("ARG PIP_RETRIES=0"))  # pip would try for half a minute
            for instruction in stage.instructions:
                self.steps += [
                    Step(words, instruction.line) for words in self._translated(instruction, number)
                ]
        for path, place in mounts:
            self.steps.append(Step(self._mounted(path, place)))
        head = [f"# escape={self.dockerfile.escape}"]
        head += [f"ARG {name}={_quoted(value)}" for name, value in self.dockerfile.arguments.items()]
        return "\n".join([*head, *(step.words for step in self.steps)]) + "\n"

    def step(self, number: int) -> Step | None:
        """Return the step that the builder counts as this one: it counts ARG lines before FROM, too."""
        index = number - 1 - len(self.dockerfile.arguments)
        return self.steps[index] if 0 <= index < len(self.steps) else None

    def needed(self, target: int) -> set[int]:
        """Return the stages without which `target` cannot be built: only these are, as Docker does today."""
        found: set[int] = set()
        waiting = [target]
        while waiting:
            number = waiting.pop()
            if number in found:
                continue
            found.add(number)
            stage = self.dockerfile.stages[number]
            names = [stage.base, *(name for one in stage.instructions for name in _origins(one))]
            waiting += [
                one for name in names if (one := find_stage(self.dockerfile, name, number)) is not None
            ]
        return found

    def bases(self, target: int) -> list[str]:
        """Return the images that must be there before: those of FROM and of COPY --from."""
        wanted = []
        for number in sorted(self.needed(target)):
            stage = self.dockerfile.stages[number]
            names = [stage.base, *(name for one in stage.instructions for name in _origins(one))]
            wanted += [name for name in names if find_stage(self.dockerfile, name, number) is None]
        return [name for name in dict.fromkeys(wanted) if name != "scratch"]

    def _translated(self, instruction: Instruction, number: int) -> Iterator[str]:
        if instruction.name == "RUN":
            yield from self._run(instruction, number)
        elif instruction.name in ("COPY", "ADD"):
            yield self._copy(instruction, number)
        else:
            flags = [f"--{name}={value}" for name, value in instruction.flags.items()]
            yield " ".join([instruction.name, *flags, instruction.value])

    def _run(self, instruction: Instruction, number: int) -> Iterator[str]:
        flags = instruction.flags
        for name, harmless in (("security", "sandbox"), ("network", "none")):
            if flags.get(name, harmless) not in (harmless, "default"):
                raise _refused(instruction, f"--{name}={flags[name]}")
        for mount in flags.get("mount", "").split():
            options = dict(option.partition("=")[::2] for option in mount.split(","))
            kind = options.get("type", "bind")
            if kind not in ("bind", "cache", "tmpfs"):
                raise _refused(instruction, f"--mount=type={kind}")
            if kind == "bind":
                source = options.get("source") or options.get("src") or "."
                place = options.get("target") or options.get("dst") or options.get("destination") or "."
                yield _copying("COPY", [source, place], self._from(options.get("from", ""), number))
        if not instruction.heredoc:
            yield f"RUN {instruction.value}"
            return
        match = HEREDOC.search(instruction.value)
        script = instruction.heredoc
        if match and match[0] != instruction.value:  # RUN cat <<EOF > file
            script = f"{instruction.value}\n{instruction.heredoc}\n{match[2]}"
        yield f"RUN {json.dumps(['/bin/sh', '-c', script])}"

    def _copy(self, instruction: Instruction, number: int) -> str:
        *sources, place = instruction.words
        flags = [f"--{name}={value}" for name, value in instruction.flags.items() if name == "chown"]
        if instruction.heredoc:
            return _copying("COPY", [self._file(instruction.heredoc + "\n"), place], flags)
        name = instruction.name
        if name == "ADD":  # the engine itself fetches an address, on this machine and with its network
            if any(REMOTE.match(source) for source in sources) and not self.network:
                raise CannotTellError(
                    text(
                        "line {line}: ADD asks for the network: grade it with --allow-network",
                        line=instruction.line,
                    )
                )
            if not self.network and any("$" in source for source in sources):
                name = "COPY"  # which takes no address
        origin = instruction.flags.get("from", "")
        if (mode := instruction.flags.get("chmod", "")) and not origin:
            self._set_mode(sources, mode)
        return _copying(name, [*sources, place], [*flags, *self._from(origin, number)])

    def _from(self, origin: str, number: int) -> list[str]:
        before = find_stage(self.dockerfile, origin, number)
        named = origin if before is None else _name(before)
        return [f"--from={named}"] if named else []

    def _set_mode(self, sources: list[str], mode: str) -> None:
        bits = int(mode, 8) if MODE.fullmatch(mode) else 0o755
        context = Context(self.context, self.context.resolve())
        for path in (path for source in sources for path in context.find(source)):
            for file in [path] if path.is_file() else path.rglob("*"):
                if file.is_file():
                    file.chmod(bits)

    def _file(self, content: str) -> str:
        self._files += 1
        name = f"{OWN}/{self._files}"
        (self.context / name).parent.mkdir(exist_ok=True)
        (self.context / name).write_text(content, "utf-8")
        return name

    def _mounted(self, path: Path, place: str) -> str:
        """Copy what a compose file mounts into the context; return the step that puts it at its place."""
        self._files += 1
        name = PurePosixPath(OWN, str(self._files), path.name)
        Context(path.parent, path.parent).copy(path, self.context / name, Budget())
        for file in [self.context / name, *(self.context / name).rglob("*")]:
            file.chmod(file.stat().st_mode | READABLE | (0o111 if file.is_dir() else 0))
        where = "/" + place.strip("/")
        source, where = (f"{name}/", f"{where}/") if path.is_dir() else (str(name), where)
        return _copying("COPY", [source.replace("$", r"\$"), where.replace("$", r"\$")], [])


def _origins(instruction: Instruction) -> list[str]:
    """Return what an instruction takes files from: stages or images."""
    mounts = instruction.flags.get("mount", "").split()
    named = [
        instruction.flags.get("from", ""),
        *re.findall(r"(?:^|,)from=([^,\s]+)", "\n".join(mounts), re.M),
    ]
    return [name for name in named if name]


def _name(number: int) -> str:
    return f"stage-{number}"


def _quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def _copying(name: str, words: list[str], flags: list[str]) -> str:
    return " ".join([name, *flags, json.dumps(words, ensure_ascii=False)])


def _refused(instruction: Instruction, option: str) -> DockerfileError:
    return DockerfileError(
        text(
            "line {line}: RUN {option} asks for rights that a build has not here: do without it",
            line=instruction.line,
            option=option,
        )
    )


def copy_context(context: Context, into: Path) -> None:
    """Copy what .dockerignore leaves of a context; what is left out once need not be said again."""
    context.copy(context.folder, into, Budget())
    (into / ".dockerignore").unlink(missing_ok=True)
    shutil.rmtree(into / OWN, ignore_errors=True)
