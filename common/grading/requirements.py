"""Builds the Python environment that a submission pins: by uv, from wheels alone, kept by what it holds.

Wheels run no code when they are installed. The environment's python must be started in the box only:
a package's .pth file runs at every start.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from uv import find_uv_bin

from common.grading.opening.decoding import decode
from common.grading.texts import text
from common.stage import LabError

BUILD_S = 600  # torch is 2 GB
REQUIREMENTS_BYTES = 1 << 18  # `pip freeze` of a whole machine has 20 KB
NOT_FOR_LINUX = {"pywin32", "pypiwin32", "pywinpty", "windows-curses", "appnope", "pyobjc-core", "wmi"}
NAMES = re.compile(r"(?:lab\d+[_-]?)?(?:req\w*)(?:[_-]\w+)?\.txt", re.I)  # requirements.txt, requirments.txt
FROM_CONDA = re.compile(r"([A-Za-z0-9][\w.-]*)\s*@\s*file:")  # what `pip freeze` says of conda's packages


@dataclass(frozen=True)
class Requirements:
    file: Path
    lines: tuple[str, ...]  # sorted, one package each
    notes: tuple[str, ...]  # what was left out and why, one line each


def build_environment(lab_folder: Path, root: Path, cache: Path) -> Path:
    """Return the python of an environment with the lab's requirements; LabError when it cannot be built.

    A second call, also from another process, finds the first one's environment in `cache`.
    """
    wanted = read_requirements(lab_folder, root)
    recipe = "\n".join([sys.version, sys.executable, platform.machine(), *wanted.lines])
    home = cache.absolute() / hashlib.sha256(recipe.encode()).hexdigest()[:20]
    python = home / "bin" / "python"
    cache.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not python.exists():
            _build(wanted, home)
    return python


def read_requirements(lab_folder: Path, root: Path) -> Requirements:
    """Return the requirements of the lab's folder, or of the nearest one above it; LabError without any."""
    lab_folder = root / lab_folder
    for folder in (lab_folder, *(above for above in lab_folder.parents if above.is_relative_to(root))):
        files = sorted(
            (
                file
                for file in folder.iterdir()
                if NAMES.fullmatch(file.name) and file.is_file() and file.stat().st_size
            ),
            key=lambda file: (file.name.lower() != "requirements.txt", file.name),
        )
        if files:
            notes: list[str] = []
            lines = sorted(set(_packages(files[0], root.resolve(), notes)))
            return Requirements(files[0], tuple(lines), tuple(notes))
    raise LabError(
        text("there is no requirements.txt in '{folder}': leave --requirements out", folder=lab_folder.name)
    )


def _packages(file: Path, root: Path, notes: list[str], nesting: int = 3) -> Iterator[str]:
    content = _text(file).replace("\\\r\n", " ").replace("\\\n", " ")
    for raw in content.splitlines():
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        line = re.sub(r"\s--(hash|config-settings|global-option)[ =].*$", "", line)  # pip-compile's
        if not line:
            continue
        if match := re.fullmatch(r"(?:-r|--requirement)[ =]*(\S+)", line):
            other = (file.parent / match[1]).resolve()
            if nesting and other.is_file() and other.is_relative_to(root):
                yield from _packages(other, root, notes, nesting - 1)
                continue
        if match := FROM_CONDA.match(line):
            notes.append(text("'{line}' is read as any '{name}'", line=line, name=match[1]))
            line = match[1]
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            notes.append(text("left out the requirement '{line}': not a package's name", line=line))
            continue
        if requirement.url:
            notes.append(text("left out the requirement '{line}': it is an address", line=line))
        elif requirement.name.lower() in NOT_FOR_LINUX:
            notes.append(text("left out the requirement '{line}': not for Linux", line=line))
        else:
            yield str(requirement)


def _text(file: Path) -> str:
    with file.open("rb") as content:
        return decode(content.read(REQUIREMENTS_BYTES))


def _build(wanted: Requirements, home: Path) -> None:
    """Build beside `home`, then rename: a build that was killed leaves nothing that looks finished."""
    draft = Path(tempfile.mkdtemp(prefix=f".{home.name}.tmp-", dir=home.parent))
    draft.chmod(0o755)  # the box runs as another user
    packages = draft / "packages.txt"
    packages.write_text("\n".join([*wanted.lines, "pip", ""]), "utf-8")  # pip: pipelines call it
    try:
        _uv(wanted, "venv", "--relocatable", "--python", sys.executable, str(draft / "env"), cwd=draft)
        _uv(
            wanted,
            *("pip", "install", "--python", str(draft / "env" / "bin" / "python")),
            *("--only-binary", ":all:", "--requirements", str(packages)),
            cwd=draft,
        )
        # Not by uv, which would start the environment's python. The box finds the folder read-only.
        compile_all = [
            sys.executable,
            "-I",
            "-m",
            "compileall",
            "-q",
            "-q",
            "-j",
            "0",
            str(draft / "env" / "lib"),
        ]
        subprocess.run(compile_all, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if home.exists():
            shutil.rmtree(home)
        (draft / "env").rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _uv(wanted: Requirements, *command: str, cwd: Path) -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    try:
        done = subprocess.run(
            [find_uv_bin(), "--color", "never", "--no-progress", *command],
            cwd=cwd,  # uv looks for its settings from here upwards: never in the submission
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=BUILD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = text("it took more than {limit} s", limit=BUILD_S)
    else:
        if done.returncode == 0:
            return
        reason = _last_words(done.stderr.decode("utf-8", "replace"))
    raise LabError(
        text(
            "'{file}' cannot be installed: {reason}; mend it, or leave --requirements out",
            file=wanted.file.name,
            reason=reason,
        )
    )


def _last_words(stderr: str) -> str:
    """Return uv's last sentence, which may be on several lines, without its hints."""
    sentences: list[str] = []
    for line in stderr.split("hint:")[0].splitlines():
        words = line.strip(" \t×╰─▶│├")  # noqa: RUF001
        if words and line.startswith(("      ", "  │   ")) and sentences:
            sentences[-1] += f" {words}"
        elif words:
            sentences.append(words)
    if not sentences:
        return text("uv says nothing")
    return re.sub(r"^cause: |(?<=^cause: )Because |,? we can conclude that.*$", "", sentences[-1])
