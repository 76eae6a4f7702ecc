"""Reads a compose file: whether it has the form that Compose asks for, and the services that it names."""

import functools
import importlib.resources
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from common.grading.opening.decoding import decode
from common.grading.service.dockerfile import expand
from common.grading.texts import text

LONGEST_BYTES = 1 << 16
MOST_NODES = 20_000  # with every alias written out: a bomb of ten lines would have a thousand million
NAME = re.compile(r"[a-zA-Z0-9._-]{1,64}")
MODES = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")  # each may be the host's or another's
RIGHTS = ("privileged", "cap_add", "devices", "device_cgroup_rules", "gpus", "cgroup_parent", "runtime")
RIGHTS += ("security_opt", "sysctls", "extra_hosts")


class ComposeError(Exception):
    """Compose would not take it; the message says where and why."""


@dataclass(frozen=True)
class Service:
    """A service as the file describes it; paths are as they are written there."""

    name: str
    context: str | None = None  # None: it is not built but pulled
    dockerfile: str = "Dockerfile"
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    entrypoint: list[str] | str | None = None
    command: list[str] | str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    ports: frozenset[str] = frozenset()  # in the container
    volumes: tuple[tuple[str, str], ...] = ()  # folder or file of the host, its place in the container
    folder: str = ""
    has_host_network: bool = False
    rights: tuple[str, ...] = ()  # keys by which it asks for more than other containers have


def read(path: Path) -> dict[str, Any]:
    """Return what the file says, with variables put in; ComposeError where Compose would refuse it."""
    if path.stat().st_size > LONGEST_BYTES:
        raise ComposeError(text("it has more than {count} KB", count=LONGEST_BYTES // 1024))
    try:
        loader = yaml.SafeLoader(decode(path.read_bytes()))
        node = loader.get_single_node()
        if _size(node, {}) > MOST_NODES:
            raise ComposeError(text("written out it has more than {count} values", count=MOST_NODES))
        data = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ComposeError(text("line {line}: {problem}", line=line, problem=error.problem)) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ComposeError(text("it is not YAML: {problem}", problem=error)) from error
    if not isinstance(data, dict):
        raise ComposeError(text("it names no services"))
    data = _filled(data, read_env(path.with_name(".env")))
    validator = _schema()
    if error := jsonschema.exceptions.best_match(validator.iter_errors(data)):
        place = ".".join(str(part) for part in error.absolute_path)
        raise ComposeError(text("{place}: {problem}", place=place or "services", problem=error.message))
    if not data.get("services"):
        raise ComposeError(text("it names no services"))
    return data


@functools.cache
def _schema() -> jsonschema.protocols.Validator:
    files = importlib.resources.files("check_jsonschema.builtin_schemas.vendor")
    schema = json.loads((files / "compose-spec.json").read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def _size(node: yaml.Node | None, known: dict[int, int]) -> int:
    """Return how many values there are with every alias written out."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST_NODES + 1  # of what contains itself
    children: list = []
    if isinstance(node, yaml.MappingNode):
        children = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return known[id(node)]


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return expand(value.replace("$$", r"\$"), variables)
    if isinstance(value, dict):
        return {str(key): _filled(word, variables) for key, word in value.items()}
    return [_filled(word, variables) for word in value] if isinstance(value, list) else value


def read_env(file: Path) -> dict[str, str]:
    """Return what a file of NAME=value lines sets; nothing where there is none."""
    if not file.is_file() or file.is_symlink() or file.stat().st_size > LONGEST_BYTES:
        return {}
    env = {}
    for line in decode(file.read_bytes()).splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and re.fullmatch(r"[A-Za-z_]\w*", name):
            env[name] = value.strip().strip("\"'")
    return env


def services(data: Mapping[str, Any]) -> list[Service]:
    """Return the services of a file that has the right form."""
    return [_service(name, about or {}) for name, about in data["services"].items() if NAME.fullmatch(name)]


def _service(name: str, about: Mapping[str, Any]) -> Service:
    build = about.get("build")
    if isinstance(build, str):
        build = {"context": build}
    built = build or {}
    files = about.get("env_file") or []
    files = [files] if isinstance(files, str | dict) else files
    return Service(
        name=name,
        context=None if build is None else str(built.get("context", ".")),
        dockerfile=str(built.get("dockerfile") or "Dockerfile"),
        target=str(built.get("target") or ""),
        arguments=_pairs(built.get("args")),
        image=str(about.get("image") or ""),
        entrypoint=_command(about.get("entrypoint")),
        command=_command(about.get("command")),
        env=_pairs(about.get("environment")),
        env_files=tuple(str(file["path"] if isinstance(file, dict) else file) for file in files),
        ports=frozenset(
            filter(None, map(_port, [*(about.get("ports") or []), *(about.get("expose") or [])]))
        ),
        volumes=tuple(filter(None, map(_volume, about.get("volumes") or []))),
        folder=str(about.get("working_dir") or ""),
        has_host_network=about.get("network_mode") == "host",
        rights=tuple(_rights(about)),
    )


def _rights(about: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys that widen what a container may do."""
    for key in MODES:
        if str(about.get(key)).startswith(("host", "container:", "service:")):
            yield f"{key}: {about[key]}"
    for key in RIGHTS:
        value = about.get(key)
        if key == "security_opt":
            value = [one for one in value or [] if not str(one).startswith("no-new-privileges")]
        if value:
            yield key


def _command(given: Any) -> list[str] | None:
    """Return the words of a command: Compose splits a string itself, without a shell."""
    if given is None:
        return None
    if isinstance(given, str):
        try:
            return shlex.split(given)
        except ValueError:
            return given.split()
    return [str(word) for word in given]


def _pairs(given: Any) -> dict[str, str]:
    if isinstance(given, list):
        given = dict(str(word).partition("=")[::2] for word in given)
    return {str(name): _plain(value) for name, value in (given or {}).items()}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _port(given: Any) -> str:
    port = given.get("target", "") if isinstance(given, dict) else given
    return str(port).rpartition(":")[2].partition("/")[0]


def _volume(given: Any) -> tuple[str, str] | None:
    """Return source and place of a folder of the host; None for a volume of Docker's own."""
    if isinstance(given, dict):
        is_bind = given.get("type") == "bind"
        return (str(given.get("source", "")), str(given.get("target", ""))) if is_bind else None
    source, _, rest = str(given).partition(":")
    return (source, rest.partition(":")[0]) if rest and source.startswith((".", "/")) else None
