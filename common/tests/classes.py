"""A class of small submissions and the command that grades it: a tool for the tests of the gradebook."""

import csv
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from common.tests.boxes import make_box
from common.tests.rubrics import environment
from common.tests.tools import ROOT, Ended, run_command, wait_until

FOUR = ("data_creation.py", "data_preprocessing.py", "model_preparation.py", "model_testing.py")


def hand_in(entry: Path, *names: str, content: str = "raise SystemExit(1)\n") -> Path:
    """Make a submission whose lab1 has these scripts; with the four names and pipeline.sh worth 2 points."""
    (entry / "lab1").mkdir(parents=True)
    (entry / "README.md").write_text(f"{entry.name}\n")
    for name in names:
        (entry / "lab1" / name).write_text("exit 1\n" if name.endswith(".sh") else content)
    return entry


def pack(entry: Path) -> Path:
    """Turn a submission's folder into a .zip."""
    with zipfile.ZipFile(entry.with_name(entry.name + ".zip"), "w") as archive:
        for path in sorted(entry.rglob("*")):
            archive.write(path, path.relative_to(entry))
    run_command("rm", "-r", entry)
    return entry.with_name(entry.name + ".zip")


def command(submissions: Path, out: Path, *options: object) -> list[str]:
    words = [
        sys.executable,
        "-P",
        "-m",
        "common.grading.gradebook",
        submissions,
        "--out",
        out,
        "--labs",
        "lab1",
    ]
    return [str(word) for word in (*words, *options)]


def gradebook(submissions: Path, out: Path, *options: object) -> Ended:
    make_box()  # skips where no box can be made
    return run_command(*command(submissions, out, *options), env=environment(PYTHONPATH=str(ROOT)))


def wait_for_a_result(out: Path) -> None:
    wait_until(lambda: list(out.glob("*/first/result.json")))


def start_gradebook(submissions: Path, out: Path, *options: object) -> subprocess.Popen:
    make_box()
    return subprocess.Popen(
        command(submissions, out, *options),
        env=environment(PYTHONPATH=str(ROOT)),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def rows(out: Path, table: str = "gradebook.csv") -> list[dict[str, str]]:
    return list(csv.DictReader((out / table).read_text("utf-8-sig").splitlines()))


def without_times(out: Path) -> dict[str, str]:
    """Return every file of a gradebook without what may differ between two runs: seconds."""
    found = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file() and path.name != ".lock"):
        content = path.read_text("utf-8")
        if path.suffix == ".json":
            content = json.dumps(_timeless(json.loads(content)), ensure_ascii=False)
        elif path.suffix == ".csv":
            content = re.sub(r",\d+\.\d,", ",SECONDS,", content)
        else:
            content = re.sub(r"\d+\.\d+ s|<td>\d+\.\d</td>", "SECONDS", content)
        found[str(path.relative_to(out))] = content
    return found


def _timeless(value: object) -> object:
    if isinstance(value, dict):
        return {name: _timeless(part) for name, part in value.items() if name != "seconds"}
    return [_timeless(part) for part in value] if isinstance(value, list) else value
