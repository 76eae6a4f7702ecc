"""Runs a Jenkinsfile's stages for real, without Jenkins, and prints what came of them as JSON.

    python -m common.grading.jenkins lab2/Jenkinsfile --parameter MIN_ACCURACY=0.9

It runs on this machine, as you, in the repository that holds the file (or --workspace DIR): each `sh` step is
a shell of its own. Progress and the steps' output are on stderr. Exit code 0 is SUCCESS. Groovy evaluates the
file (sudo apt-get install groovy default-jre-headless), the scripts in jenkinsfile/ are the rest.

Imitated: declarative and scripted pipelines, parameters, environment, options (timeout, retry), when, post,
parallel (a branch that fails keeps no other from running to its end, then the stages after it are skipped),
and Jenkins' own steps; a pattern of archiveArtifacts or junit that matches nothing is an error, and a test
that failed makes the build UNSTABLE. Read and not acted on: triggers, tools, buildDiscarder, failFast and
the like. A checkout is this workspace as it is, and deleteDir and cleanWs delete nothing of it. There is
one agent, this machine, one build, number 1, and no queue. Not shown: the trace (-x) that Jenkins' sh
prints of its commands. Refused, with the line: what Jenkins does not know, what its sandbox forbids, a
plugin's step, a shared library, matrix, input, an agent in Docker. A `bat` step fails, as on Linux.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from common.grading import imitation
from common.stage import LabError

UNSTABLE = 3  # Groovy's exit code, for a build that went to its end with failed tests
TIME_LIMIT_S = 3600.0  # of a build whose file sets none


@dataclass(frozen=True)
class Settings:
    """What is said to a build from outside of its file."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)  # "*" is for every id that is not named
    idle: Sequence[str] = ()  # steps and agents of plugins that are let through and do nothing
    branch: str = ""
    time_limit_s: float = TIME_LIMIT_S


def java_command(
    jar: str, file: str, workspace: str, settings: Settings, *, result: str = "", action: str = "run"
) -> list[str]:
    """Return the command that runs `file` in `workspace`, or, with the action "check", only reads it.

    `jar` is where the run finds the compiled imitation. The result goes to the file `result`, or is the last
    line of stderr.
    """
    options = asdict(settings) | {"file": file, "workspace": workspace, "result": result, "action": action}
    return imitation.command(jar, json.dumps(options))


def run_file(file: Path, workspace: Path, settings: Settings) -> dict:
    """Run a Jenkinsfile on this machine and return its result; the steps' output goes to stderr."""
    if reason := imitation.missing():
        raise LabError(f"a Jenkinsfile needs Groovy, and {reason}")
    with tempfile.NamedTemporaryFile(prefix="jenkins-", suffix=".json") as result:
        places = (str(imitation.compiled()), str(file.resolve()), str(workspace.resolve()))
        command = java_command(*places, settings, result=result.name)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr) as build:
            try:
                build.wait()
            except KeyboardInterrupt:
                build.wait()  # it has been interrupted, too, and ends what it has started
                raise
        written = Path(result.name).read_text(encoding="utf-8")
    if not written:
        raise LabError(f"'{file}' was not run to its end: Groovy ended with exit code {build.returncode}")
    return json.loads(written)


def read_result(stderr: str) -> tuple[dict | None, str]:
    """Return the result that a run in a box has reported, None when it has not, and the rest of stderr.

    What it says comes from beside the submission's own code, which may have written it.
    """
    rest, _, last = stderr.rstrip("\n").rpartition("\n")
    try:
        result = json.loads(last)
    except (ValueError, RecursionError):
        return None, stderr
    if not isinstance(result, dict) or not isinstance(result.get("status"), str):
        return None, stderr
    return result, f"{rest}\n"


def find_workspace(file: Path) -> Path:
    """Return the repository that holds the file, which is what Jenkins checks out; else the file's folder."""
    folders = file.resolve().parents
    return next((folder for folder in folders if (folder / ".git").exists()), folders[0])


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m common.grading.jenkins",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a Jenkinsfile")
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="where its steps run")
    for name in ("parameter", "credential"):
        parser.add_argument(f"--{name}", type=_pair, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--branch", default="", help="BRANCH_NAME; not set unless told, as in a single job")
    parser.add_argument("--time-limit", type=float, default=TIME_LIMIT_S, metavar="S", help="of the build")
    return parser.parse_args()


def main() -> int:
    given = _read_arguments()
    if not given.file.is_file():
        raise LabError(f"there is no file '{given.file}': give a Jenkinsfile")
    workspace = given.workspace or find_workspace(given.file)
    if not workspace.is_dir():
        raise LabError(f"there is no folder '{workspace}': give the one in which the steps run")
    settings = Settings(
        parameters=dict(given.parameter),
        credentials=dict(given.credential),
        branch=given.branch,
        time_limit_s=given.time_limit,
    )
    result = run_file(given.file, workspace, settings)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0 if result["status"] == "SUCCESS" else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        print(f"jenkins: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
