"""Runs one command of a submission in a box with limits, and returns what it did.

    run = Box(Limits(wall_s=60)).run(["bash", "pipeline.sh"], work, folder="lab1")

The work folder lives in the memory of the box, with a size the kernel enforces: it is filled from the host's
folder, and brought back after the last process is dead. So the submission never touches the host's disk, no
owner changes, and there is no race between what it writes and what the grader reads.
"""

import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.box import bubblewrap
from common.grading.box.boxed import Boxed
from common.grading.box.cgroup import memory_group
from common.grading.box.interpreter import look_at
from common.grading.box.kit import Kit, Started, make_kit, read_started
from common.grading.box.limits import Limits
from common.grading.box.trusted import Trusted
from common.grading.box.watch import watch
from common.grading.journal import Journal, file_states
from common.pipeline import ONE_THREAD
from common.stage import LabError

__all__ = ["WORK", "Box", "Limits", "Run", "Setting", "Started"]

WORK = bubblewrap.WORK  # where the work folder appears in the box
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Run:
    """What one command did, as the parent saw it."""

    command: tuple[str, ...]
    exit_code: int  # 128 + n when signal n ended it
    stopped: str  # "", or the limit that ended it: time, cpu, memory, processes, disk, files, output
    stdout: str
    stderr: str
    seconds: float
    started: tuple[Started, ...]
    left_out: tuple[str, ...] = ()  # what did not come back from the work folder and why, one line each


@dataclass(frozen=True)
class Setting:
    """What a run may have besides: more names for parts of its work folder, and for this machine."""

    links: Mapping[str, str] = field(default_factory=dict)  # place: target, as the box sees them
    hosts: tuple[str, ...] = ()
    on_begin: Callable[[int], None] = lambda _: None  # called with the process id of process 1
    tools: Mapping[str, Path] = field(default_factory=dict)  # a file of this machine, under a name of the kit


PLAIN = Setting()


class Box:
    """Runs commands of a submission; LabError where no box can be made and the submission is not trusted."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        network: bool = False,
        trusted: bool = False,
        python: Path = Path(sys.executable),
        journal: Journal | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.network = network
        self.trusted = trusted
        self.journal = journal
        self.python = look_at(python.absolute())
        if not trusted:
            bubblewrap.options()
            bubblewrap.refuse_shared_folder(self.python)

    def run(
        self,
        command: Sequence[str],
        work: Path,
        *,
        folder: str = ".",
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        setting: Setting = PLAIN,
    ) -> Run:
        """Run `command` in `work`/`folder`; afterwards `work` holds what it left, and none of it is alive.

        The time to fill and to bring back the work folder is not counted. LabError when the box does not
        start.
        """
        if not (work / folder).is_dir():
            raise LabError(f"'{work / folder}' is not a folder: give the folder in which the command runs")
        limits = limits or self.limits
        before = file_states(work) if self.journal else {}
        with ExitStack() as stack:
            kit = stack.enter_context(make_kit(self.python, None if self.trusted else bubblewrap.BOX, WORK))
            for name, tool in setting.tools.items():
                shutil.copyfile(tool, kit.folder / name)
            if self.trusted:
                running = self._start_trusted(command, work / folder, env or {}, limits, kit)
                setting.on_begin(running.process.pid)
            else:
                running = self._start_boxed(command, work, folder, env or {}, limits, kit, stack, setting)
            stack.enter_context(running)
            seen = watch(running, kit.channel, limits)
            left_out = running.bring_back()
        cpu_ended = seen.exit_code == 128 + signal.SIGXCPU
        run = Run(
            command=tuple(command),
            exit_code=seen.exit_code,
            stopped=seen.stopped or ("cpu" if cpu_ended else ""),
            stdout=seen.stdout.decode("utf-8", "replace"),
            stderr=seen.stderr.decode("utf-8", "replace"),
            seconds=seen.seconds,
            started=read_started(seen.channel),
            left_out=left_out,
        )
        if self.journal:
            after = file_states(work)
            self.journal.keep(run, folder, sorted(path for path in after if after[path] != before.get(path)))
        return run

    def place_of(self, name: str, tool: Path) -> str:
        """Return where a run finds a tool of its setting."""
        return str(tool) if self.trusted else f"{bubblewrap.BOX}/{name}"

    def _start_boxed(
        self,
        command: Sequence[str],
        work: Path,
        folder: str,
        env: Mapping[str, str],
        limits: Limits,
        kit: Kit,
        stack: ExitStack,
        setting: Setting,
    ) -> Boxed:
        group = stack.enter_context(memory_group(limits.memory_mb))
        launch = ["/bin/sh", f"{bubblewrap.BOX}/bin/launch", f"{WORK}/{folder}"]

        def line(info: int, seccomp: int) -> list[str]:
            return bubblewrap.command_line(
                kit.folder,
                self.python,
                [*launch, *limits.prlimit(own_user=True), *command],
                self._environment(bubblewrap.BOX, "/tmp/home", env),  # noqa: S108
                network=self.network,
                disk_mb=limits.disk_mb,
                cgroup=group.folder if group else None,
                info=info,
                seccomp=seccomp,
                links=setting.links,
            )

        kit.name_hosts(setting.hosts)
        return Boxed(line, work, kit, limits, group, setting.on_begin)

    def _start_trusted(
        self, command: Sequence[str], folder: Path, env: Mapping[str, str], limits: Limits, kit: Kit
    ) -> Trusted:
        home = kit.folder / "home"
        home.mkdir()
        environment = self._environment(str(kit.folder), str(home), env)
        return Trusted([*limits.prlimit(own_user=False), *command], folder, environment)

    def _environment(self, box: str, home: str, env: Mapping[str, str]) -> dict[str, str]:
        environment = {
            "HOME": home,
            "USER": "student",
            "LANG": "C.UTF-8",
            "PATH": f"{box}/bin:{self.python.prefix}/bin:{SYSTEM_PATH}",
            "WORKBOOK_PYTHON": f"{box}/bin/python",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_BREAK_SYSTEM_PACKAGES": "1",  # "already satisfied" is no change of the system
            **ONE_THREAD,  # the same bytes on every machine, and gradings side by side keep a core each
        }
        if self.network:  # the interpreter is read-only: what pip brings goes beside it
            packages = f"{home}/.local/lib/{self.python.name}/site-packages"
            environment |= {"PIP_PREFIX": f"{home}/.local", "PYTHONPATH": packages}
        else:
            environment["PIP_NO_INDEX"] = "1"
        return environment | dict(env)
