"""The command line that makes the box: what it shows of the host, and whose user id it runs under.

Measured: root inside `bwrap --ro-bind / /` can remount it and write to the host, and binding / exposes the
host's unix sockets. So root becomes nobody in particular before bwrap starts, and / is not bound at all.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.grading.box.interpreter import Interpreter
from common.grading.box.kit import USER_ID
from common.grading.box.places import show_usr
from common.grading.box.syscalls import filter_program
from common.grading.texts import text
from common.stage import LabError

BOX = "/box"  # the kit, read-only
WORK = "/submission"  # a path that no interpreter lives under, as it might under /work or /home
HOST_USER_ID = 64_209  # for root: a number that no account has
TMP_MB = SHM_MB = 1024

ETC = ("alternatives", "ld.so.cache", "localtime", "mime.types", "ssl/certs", "ssl/openssl.cnf")
ETC += tuple(
    folder.name for folder in sorted(Path("/etc").glob("java-*-openjdk"))
)  # Debian's Java reads these
ETC_NETWORK = ("resolv.conf", "nsswitch.conf", "gai.conf")
REPOSITORY = Path(__file__).resolve().parents[3]

# Joins the cgroup ($1, may be empty), shows hidden folders at reachable places (pairs up to --), goes on.
ENTER = """
[ -z "$1" ] || echo $$ >"$1/cgroup.procs" || exit; shift
while [ "$1" != -- ]; do mkdir "$2" && mount --bind "$1" "$2" || exit; shift 2; done; shift
exec "$@"
"""

INSTALL = "sudo apt-get install bubblewrap util-linux"
ALLOW = "sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"


@functools.cache
def options() -> tuple[str, ...]:
    """Return the options that this machine's bwrap needs; LabError when it can make no box."""
    missing = [name for name in ("bwrap", "setpriv", "prlimit", "tar") if shutil.which(name) is None]
    if missing:
        raise LabError(
            text(
                "no box can be made: '{tool}' is not installed: run {install} ({trust})",
                tool=missing[0],
                install=INSTALL,
                trust=_trust(),
            )
        )
    known = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False, timeout=30)
    isolation = ["--unshare-all", "--unshare-user", "--cap-drop", "ALL"]
    if "--disable-userns" in known.stdout:
        isolation.append("--disable-userns")
    probe = [*_drop_root(), "bwrap", *isolation, "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(
            text(
                "no box can be made: '{reason}': allow user namespaces ({command}), {trust}",
                reason=reason,
                command=ALLOW,
                trust=_trust(),
            )
        )
    return tuple(isolation)


def refuse_shared_folder(python: Interpreter) -> None:
    """LabError when to show this interpreter is to show the home folder or the whole machine."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home() raises for a user without one
    for folder in python.folders:
        if folder in (Path("/"), home, *home.parents):
            raise LabError(
                text(
                    "the Python '{python}' lives in '{folder}', which the box would show: "
                    "give a Python with a folder of its own, {trust}",
                    python=python.executable,
                    folder=folder,
                    trust=_trust(),
                )
            )


def _trust() -> str:
    return text("or give --trust-submission, if you trust whoever wrote it with this machine")


def _drop_root() -> list[str]:
    if os.getuid() != 0:
        return []
    ids = [f"--reuid={HOST_USER_ID}", f"--regid={HOST_USER_ID}", "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]


def command_line(
    kit: Path,
    python: Interpreter,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    network: bool,
    disk_mb: int,
    cgroup: Path | None,
    info: int,
    seccomp: int,
    links: Mapping[str, str],
) -> list[str]:
    """Return the whole command: enter the cgroup, drop root, make the box, run `command` in it.

    `info` is the open file on which bwrap tells the process id of the box's first process, `seccomp` the
    one from which it reads what system calls to refuse. `links` are more names (place: target).
    """
    shown = {folder: folder for folder in python.folders}
    moved: list[str] = []
    if os.getuid() == 0:
        for number, folder in enumerate(path for path in shown if not _is_reachable(path)):
            shown[folder] = kit / "mounts" / str(number)
            moved += [str(folder), str(shown[folder])]
    enter: list[str] = []
    if moved or cgroup:
        enter = ["sh", "-c", ENTER, "enter", str(cgroup or ""), *moved, "--"]
    if moved:
        enter = ["unshare", "--mount", *enter]
    etc = ETC + (ETC_NETWORK if network else ())
    box = ["bwrap", *options(), *(["--share-net"] if network else [])]
    box += ["--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"]
    box += ["--info-fd", str(info), *(["--seccomp", str(seccomp)] if filter_program() else [])]
    box += ["--hostname", "box", "--uid", str(USER_ID), "--gid", str(USER_ID)]
    box += [*show_usr(links), *_links()]
    is_in_usr = REPOSITORY.is_relative_to("/usr")  # as in some images: the rubric stays out of sight
    if is_in_usr:
        box += ["--tmpfs", str(REPOSITORY)]
    for name in etc:
        box += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in ("passwd", "group", "hosts"):
        box += ["--ro-bind", f"{kit}/etc/{name}", f"/etc/{name}"]
    box += ["--proc", "/proc", "--dev", "/dev", *_tmpfs("/dev/shm", SHM_MB), *_tmpfs("/tmp", TMP_MB)]  # noqa: S108
    box += ["--dir", "/tmp/home", "--symlink", "../tmp", "/var/tmp"]  # noqa: S108
    for folder, source in shown.items():
        box += ["--ro-bind", str(source), str(folder)]
    box += ["--ro-bind", str(kit), BOX, *_tmpfs(WORK, disk_mb)]
    for place, target in links.items():
        box += ["--symlink", target, place]
    box += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    if is_in_usr:
        box += ["--remount-ro", str(REPOSITORY)]
    for name, value in environment.items():
        box += ["--setenv", name, value]
    return [*enter, *_drop_root(), *box, "--", *command]


def _tmpfs(path: str, size_mb: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size_mb * 1024**2), "--tmpfs", path]


def _links() -> list[str]:
    """Return /bin, /lib and the like as the host has them: links into /usr, or folders of their own."""
    arguments: list[str] = []
    for path in (Path("/") / name for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")):
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    return arguments


def _is_reachable(path: Path) -> bool:
    """Say whether any user may walk to this folder; /root, for one, is closed."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))
