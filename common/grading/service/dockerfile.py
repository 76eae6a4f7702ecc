"""Reads a Dockerfile: its stages, their instructions, and the first line that Docker would not take."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.texts import text

LONGEST_BYTES = 1 << 16  # the longest that people write have some 10 KB
KNOWN = re.compile(
    r"ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL"
    r"|USER|VOLUME|WORKDIR"
)
HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w{1,40})\1")
FLAG = re.compile(r"--([a-z][\w-]{0,40})(?:=(\S*))?\s*")
VARIABLE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?::?([-+?])([^}]*))?\})")
PAIR = re.compile(r"""([\w.-]+)=((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])*)""")
TAGLESS = re.compile(r"(?:^|/)[^/:@]+$")


class DockerfileError(Exception):
    """Docker would not take it; the message says where and why."""


@dataclass(frozen=True)
class Instruction:
    name: str
    flags: Mapping[str, str]  # one that is given twice has both values, with a space between
    value: str
    heredoc: str
    line: int

    @property
    def exec_form(self) -> list[str] | None:
        """Return the words of ["a", "b"]; None for the shell's form, which a JSON with mistakes is too."""
        try:
            words = json.loads(self.value)
        except (ValueError, RecursionError):
            return None
        is_list = isinstance(words, list) and words and all(isinstance(word, str) for word in words)
        return words if is_list else None

    @property
    def words(self) -> list[str]:
        return self.exec_form or self.value.split()


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    instructions: tuple[Instruction, ...]
    source: str = ""  # the base as it is written, with variables


@dataclass(frozen=True)
class Dockerfile:
    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]  # ARG before the first FROM
    escape: str = "\\"

    @property
    def bases(self) -> list[str]:
        """The images that it takes from somewhere else."""
        names = {stage.name for stage in self.stages if stage.name}
        return [stage.base for stage in self.stages if stage.base not in names]


def read(path: Path) -> Dockerfile:
    """Read a Dockerfile; DockerfileError for one that Docker does not take."""
    if path.stat().st_size > LONGEST_BYTES:
        raise DockerfileError(text("it has more than {count} KB", count=LONGEST_BYTES // 1024))
    arguments: dict[str, str] = {}
    stages: list[tuple[str, str, list[Instruction], str]] = []
    lines = decode(path.read_bytes()).lstrip("\ufeff").replace("\r\n", "\n").split("\n")
    directive = re.match(r"#\s*escape\s*=\s*(\S)", lines[0])
    escape = directive[1] if directive else "\\"
    for instruction in _instructions(lines, escape):
        if instruction.name == "FROM":
            words = expand(instruction.value, arguments).split()
            if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
                raise DockerfileError(
                    text("line {line}: FROM takes an image and no more", line=instruction.line)
                )
            name = words[2].lower() if len(words) == 3 else ""
            stages.append((words[0], name, [], instruction.value.split()[0]))
        elif stages:
            stages[-1][2].append(instruction)
        elif instruction.name == "ARG":
            arguments |= pairs(instruction.value, arguments)
        else:
            raise DockerfileError(
                text("line {line}: {name} before FROM", line=instruction.line, name=instruction.name)
            )
    if not stages:
        raise DockerfileError(text("there is no FROM in it"))
    read_ones = (Stage(base, name, tuple(rest), source) for base, name, rest, source in stages)
    return Dockerfile(tuple(read_ones), arguments, escape)


def find_stage(dockerfile: Dockerfile, name: str, before: int) -> int | None:
    """Return the number of an earlier stage, by its name or number."""
    for number, stage in enumerate(dockerfile.stages[:before]):
        if name.lower() in (stage.name, str(number)):
            return number
    return None


def find_target(dockerfile: Dockerfile, target: str) -> int:
    """Return the number of the stage named `target`, of the last one for ""; DockerfileError for none."""
    stages = dockerfile.stages
    wanted = [number for number, stage in enumerate(stages) if target and stage.name == target.lower()]
    if target and not wanted:
        raise DockerfileError(text("there is no stage '{target}'", target=target))
    return wanted[0] if wanted else len(stages) - 1


def is_pinned(base: str) -> bool:
    """Whether an image is named by a version: a digest, or a tag with a number."""
    if base == "scratch" or "@sha256:" in base:
        return True
    tag = "" if TAGLESS.search(base) else base.rpartition(":")[2]
    return tag != "latest" and any(character.isdigit() for character in tag)


def expand(value: str, variables: Mapping[str, str]) -> str:
    """Replace $NAME, ${NAME} and ${NAME:-other}."""

    def replaced(found: re.Match[str]) -> str:
        if found[0] == r"\$":
            return "$"
        known = variables.get(found[1] or found[2], "")
        if found[3] == "+":
            return found[4] if known else ""
        return known or (found[4] if found[3] == "-" else "") or ""

    return VARIABLE.sub(replaced, value)


def pairs(value: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return what ENV a=1 b="2 3", ENV a 1 or ARG a[=1] sets; an ARG without a value sets what is known."""
    found = {name: _unquoted(word) for name, word in PAIR.findall(value)}
    if not found or "=" not in value.split()[0]:
        name, _, rest = value.partition(" ")
        found = {name: rest.strip() or variables.get(name, "")}
    return {name: expand(word, variables) for name, word in found.items()}


def _unquoted(word: str) -> str:
    if word[:1] in ("'", '"') and word[-1:] == word[:1]:
        word = word[1:-1]
    return re.sub(r'\\(["\' ])', r"\1", word)


def _instructions(lines: Sequence[str], escape: str) -> Iterator[Instruction]:
    index = 0
    while index < len(lines):
        first, joined, goes_on = index, "", True
        while goes_on and index < len(lines):
            line = lines[index].rstrip()
            index += 1
            if line.lstrip().startswith("#") or (joined and not line):
                continue
            goes_on = line.endswith(escape)
            joined += line.removesuffix(escape) if goes_on else line
            if not joined.strip():
                break
        if not joined.strip():
            continue
        instruction = _instruction(joined.strip(), first + 1)
        if instruction.name in ("RUN", "COPY", "ADD") and (match := HEREDOC.search(instruction.value)):
            body = []
            while index < len(lines) and lines[index].strip() != match[2]:
                body.append(lines[index])
                index += 1
            index += 1
            heredoc = "\n".join(body)
            instruction = Instruction(
                instruction.name, instruction.flags, instruction.value, heredoc, instruction.line
            )
        yield instruction


def _instruction(joined: str, line: int) -> Instruction:
    name, _, value = joined.replace("\t", " ").partition(" ")
    name, value = name.upper(), value.strip()
    if not KNOWN.fullmatch(name):
        raise DockerfileError(text("line {line}: there is no instruction '{name}'", line=line, name=name))
    if not value:
        raise DockerfileError(text("line {line}: {name} of nothing", line=line, name=name))
    flags: dict[str, str] = {}
    while name not in ("CMD", "ENTRYPOINT", "ENV", "LABEL") and (match := FLAG.match(value)):
        given = match[2] or ""
        flags[match[1]] = f"{flags[match[1]]} {given}" if match[1] in flags else given
        value = value[match.end() :]
    instruction = Instruction(name, flags, value, "", line)
    if name in ("COPY", "ADD") and len(instruction.words) < 2:
        raise DockerfileError(
            text("line {line}: {name} takes what and where to: '{value}'", line=line, name=name, value=value)
        )
    return instruction
