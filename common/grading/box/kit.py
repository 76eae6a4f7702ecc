"""Makes the kit of one run: stand-ins for python, pip, sudo and apt, and the channel on which they report.

The box sees the kit read-only as /box. The channel is a named pipe that can be written and not read there:
a record can be added, and never taken back.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from common.grading.box.interpreter import Interpreter
from common.grading.scratch import scratch_folder

PIPES = {"started": 0o222, "go": 0o444}  # who may write, who may read
SCRIPTS = Path(__file__).parent / "bin"
SEPARATOR, END = "\x1f", "\x1e"  # ASCII unit and record separator: no script's argument has them
LONGEST = 4096  # of a record: what one write to a pipe holds
USER = "student"
USER_ID = 1000  # inside the box; outside it is another


@dataclass(frozen=True)
class Started:
    """One interpreter process that the submission started through the stand-in."""

    arguments: tuple[str, ...]  # cut, with the two below, after 3000 bytes
    exit_code: int | None  # None: it never reported its end
    folder: str = ""  # in which it was started, as the box calls it
    python_path: str = ""  # its PYTHONPATH


@dataclass(frozen=True)
class Kit:
    """The folder of one run on the host, and its two pipes: what the box reports, and the word to go.

    The folder is locked until the run has ended, or its grader has.
    """

    folder: Path
    channel: int
    go: int

    def name_hosts(self, names: Sequence[str]) -> None:
        """Let these names mean the box itself, as the services of one compose file know each other."""
        with (self.folder / "etc/hosts").open("a") as hosts:
            hosts.writelines(f"127.0.0.1 {name}\n" for name in names)


@contextmanager
def make_kit(python: Interpreter, box: str | None, work: str) -> Iterator[Kit]:
    """Yield a new kit for a run that sees it at `box`; None: at its own place on the host."""
    # Not below TMPDIR: root's may be closed to the user id that the box runs under.
    place = Path("/tmp") if os.getuid() == 0 else None  # noqa: S108
    with scratch_folder("kit", place) as folder, ExitStack() as pipes:
        folder.chmod(0o755)
        _write_scripts(folder, python, box or str(folder), work)
        (folder / "etc").mkdir()
        (folder / "etc/passwd").write_text(f"{USER}:x:{USER_ID}:{USER_ID}::/tmp/home:/bin/bash\n")
        (folder / "etc/group").write_text(f"{USER}:x:{USER_ID}:\n")
        (folder / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        (folder / "mounts").mkdir()
        yield Kit(folder, *(_make_pipe(folder / name, mode, pipes) for name, mode in PIPES.items()))


def _make_pipe(path: Path, mode: int, opened: ExitStack) -> int:
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    opened.callback(os.close, pipe)
    path.chmod(mode)
    return pipe


def _write_scripts(folder: Path, python: Interpreter, box: str, work: str) -> None:
    words = {
        "@BOX@": box,
        "@WORK@": work,
        "@PYTHON@": str(python.executable),
        "@PYTHON3@": python.name,
        "@PIP@": python.pip_path,
        "@SEPARATOR@": SEPARATOR,
        "@END@": END,
    }
    names = {"python": ("python3", python.name), "pip": ("pip3",), "apt": ("apt-get",)}
    (folder / "bin").mkdir()
    for script in SCRIPTS.iterdir():
        content = script.read_text(encoding="utf-8")
        for word, value in words.items():
            content = content.replace(word, value)
        for name in (script.name, *names.get(script.name, ())):
            (folder / "bin" / name).write_text(content, encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)


def read_started(channel: bytes) -> tuple[Started, ...]:
    """Return the processes in the order they started; what is no record of a start or an end is left out."""
    processes: list[Started] = []
    running: dict[str, int] = {}
    for record in channel.decode("utf-8", "replace").split(END):
        if len(record) > LONGEST or "\0" in record:  # forged: no command line can be made of it
            continue
        process, _, rest = record[1:].partition(SEPARATOR)
        if record.startswith("+"):
            running[process] = len(processes)
            folder, _, rest = rest.partition(SEPARATOR)
            python_path, _, rest = rest.partition(SEPARATOR)
            arguments = tuple(rest.split(SEPARATOR)) if rest else ()
            processes.append(Started(arguments, None, folder, python_path))
        elif record.startswith("-") and process in running and rest.isdecimal():
            index = running[process]
            # A forged end of a running process must not hide the true one: the first failure stays.
            ended = replace(processes[index], exit_code=processes[index].exit_code or int(rest[:3]))
            processes[index] = ended
    return tuple(processes)
