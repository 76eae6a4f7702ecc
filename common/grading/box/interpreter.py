"""What the box must know of a Python interpreter: where it lives, and where its pip is."""

import functools
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from common.grading.texts import text
from common.stage import LabError

QUESTION = """
import glob, json, sys, sysconfig
paths = sysconfig.get_paths()
wheels = glob.glob(paths["stdlib"] + "/ensurepip/_bundled/pip-*.whl")
wheels += glob.glob("/usr/share/python-wheels/pip-*.whl")
has_pip = glob.glob(paths["purelib"] + "/pip/__main__.py")
print(json.dumps([sys.prefix, sys.base_prefix, "python%d.%d" % sys.version_info[:2],
                  "" if has_pip or not wheels else wheels[0]]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python on the host; `pip_path` is a wheel with pip where the interpreter itself has none, or ""."""

    executable: Path
    prefix: Path
    base_prefix: Path
    name: str  # "python3.11"
    pip_path: str

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that it needs besides /usr, each by every name that a link may use for it."""
        homes = {self.prefix, self.base_prefix, self.base_prefix.resolve()}
        homes.add(self.executable.resolve().parent.parent)
        return tuple(sorted(homes - {Path("/usr")}))


@functools.cache
def look_at(executable: Path) -> Interpreter:
    """Ask the interpreter itself; LabError when it does not run."""
    try:
        answer = subprocess.run(
            [executable, "-I", "-c", QUESTION], capture_output=True, check=True, timeout=60, text=True
        )
        prefix, base_prefix, name, pip_path = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise LabError(
            text("'{path}' is not a Python that runs here ({why}): give another", path=executable, why=error)
        ) from error
    return Interpreter(executable, Path(prefix), Path(base_prefix), name, pip_path)
