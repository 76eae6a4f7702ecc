"""How an image is started in the box: its command there, and the ports on which it should listen."""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from common.grading.service.compose import Service
from common.grading.service.image import Image, shown_env

TOOLS = (
    r"python(?:3(?:\.\d+)?)?|pip3?|uvicorn|gunicorn|hypercorn|streamlit|flask|fastapi|gradio|bentoml|litserve"
)
IN_BIN = re.compile(rf"(?<![\w.])(?:/[\w.-]+)+/bin/({TOOLS})(?![\w.-])")
VERSION = re.compile(r"(?<![\w/.-])python3?\.\d+(?![\w.-])")
WRAPPER = re.compile(
    r"(?<![\w-])(?:(?:poetry|pipenv|pdm|uv|rye)\s+run\s+|(?:conda|mamba|micromamba)\s+run\s+(?:--?\S+\s+(?:\w+\s+)?)+"
    r"|(?:/\S*/)?(?:tini|dumb-init)\s+(?:-\w+\s+)*(?:--\s+)?)"
)
PORT = re.compile(
    r"(?:--(?:server\.)?port[= ]|(?<!\w)-p |(?:--bind|-b)[= ]?\S*?:|--host[= ]\S+?:|PORT=)(\d{2,5})(?!\d)"
)


@dataclass(frozen=True)
class Launch:
    """One service: its image, and its command and environment in the words of the box."""

    name: str
    image: Image
    service: Service
    command: tuple[str, ...]
    env: dict[str, str]

    @property
    def folder(self) -> str:
        """Where it starts, relative to its image's root."""
        return str(self.image.place(self.service.folder or ".")).lstrip("/")

    @property
    def ports(self) -> set[int]:
        """Return the ports on which it should listen, as far as its files say."""
        said = PORT.findall(" ".join(self.command)) or [*self.image.exposed, *self.service.ports]
        return {int(port) for port in said if port.isdecimal() and 0 < int(port) < 65536}

    def script(self, home: str) -> str:
        """Return the shell's line that starts it where its image's root is the folder `home`."""
        env = [f"{name}={value}" for name, value in self.env.items()]
        command = shlex.join(["env", "--", *env, *self.command])
        return f"cd -- {shlex.quote(f'{home}/{self.folder}')} && exec {command}"

    def at(self, home: str) -> "Launch":
        """Return it with the image's paths as they are below `home`, for where no links lead there."""
        names = [re.escape(f"/{child.name}") for child in self.image.tree.iterdir()]
        if not names:
            return self
        pattern = re.compile(rf"(?<![\w./-])({'|'.join(names)})(?=[/:;\s'\"]|$)")
        return self._changed(lambda words: pattern.sub(rf"{home}\1", words))

    def calling(self, names: Iterable[str]) -> "Launch":
        """Return it with the names of services in addresses as this machine's: where it cannot learn them."""
        pattern = re.compile(rf"(?<=//)(?:{'|'.join(map(re.escape, names))})(?=[:/]|$)")
        return self._changed(lambda words: pattern.sub("127.0.0.1", words))

    def _changed(self, change: Callable[[str], str]) -> "Launch":
        command = tuple(map(change, self.command))
        env = {name: change(value) for name, value in self.env.items()}
        return replace(self, command=command, env=env)


def plan(name: str, image: Image, service: Service, env: dict[str, str]) -> Launch:
    """Put an image and what a compose file says of it together, `env` besides."""
    entrypoint = image.entrypoint if service.entrypoint is None else service.entrypoint
    command = image.command if service.command is None and service.entrypoint is None else service.command
    words = Image(image.tree, image.base, entrypoint=entrypoint, command=command or "").start
    return Launch(
        name,
        image,
        service,
        tuple(_boxed(words, image)),
        shown_env({**image.env, **env}),
    )


def _boxed(words: Sequence[str], image: Image) -> list[str]:
    """Return a command whose tools are the box's, and not those that were installed into the image."""
    words = list(words)
    if len(words) > 1 and PurePosixPath(words[0]).name not in ("sh", "bash"):
        joined = WRAPPER.sub("", shlex.join(words), count=2)
        words = shlex.split(joined)

    def found(match: re.Match[str]) -> str:
        return match[0] if image.on_host(match[0]).exists() else match[1]

    changed = []
    for number, word in enumerate(words):
        word = VERSION.sub("python3", IN_BIN.sub(found, word))
        if number and PurePosixPath(words[0]).name in ("sh", "bash"):
            word = WRAPPER.sub("", word, count=2)
        changed.append(word)
    first = PurePosixPath(changed[0]) if changed else None
    if first and first.is_absolute() and not image.on_host(str(first)).exists():
        changed[0] = first.name if "bin" in first.parts else changed[0]
    return changed
