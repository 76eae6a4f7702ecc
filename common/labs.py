"""Runs labs' pipelines, each in a process of its own, and prints one table: lab, metric, seconds.

    bash common/labs.sh                     all labs
    bash common/labs.sh lab1 lab3 --json    some of them, as JSON
    bash common/labs.sh --collect           runs nothing: the table of what earlier runs have left

The folder --out gets two files a lab: lab1.log has all that its pipeline said, lab1.json what came of it.
--collect writes its table there, too, as table.md. A lab that fails does not keep the others from running;
then the exit code is 1.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from common.atomic import replace_file
from common.stage import LabError, run, whole_number

ROOT = Path(__file__).resolve().parents[1]
LABS = tuple(sorted(pipeline.parent.name for pipeline in ROOT.glob("lab*/pipeline.sh")))
METRIC_LINE = re.compile(r"Model test (\S+) is: (-?\d+\.\d+)\n")  # what common.stage.print_metric writes
LOOK_EVERY_S = 0.1
BAR = "{n_fmt} of {total_fmt} |{bar:20}| {elapsed}{postfix}"
PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


@dataclass(frozen=True)
class Result:
    """What came of a lab's pipeline; a file lab1.json is one of these."""

    lab: str
    status: str
    metric: str | None = None
    value: float | None = None
    seconds: float | None = None
    exit_code: int | None = None

    @property
    def outcome(self) -> str:
        if self.status == PASSED:
            return f"{self.metric} {self.value:.3f}"
        if self.status == FAILED:
            return f"failed, exit code {self.exit_code}" if self.exit_code else "failed, it printed no metric"
        return self.status


class Running:
    """A pipeline that is running, in a group of processes of its own, which is stopped as one."""

    def __init__(self, lab: str, out: Path) -> None:
        self.lab, self.record, self.log = lab, out / f"{lab}.json", out / f"{lab}.log"
        self.record.unlink(missing_ok=True)  # else a run that is killed would leave an earlier one's metric
        # Not a pipe: it would fill up while nobody reads it.
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115  closed as the process ends
        self.began_s = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["bash", ROOT / lab / "pipeline.sh"],
                stdin=subprocess.DEVNULL,
                stdout=self.printed,
                stderr=log,
                process_group=0,
            )

    def finish(self) -> Result:
        """Write down how it ended."""
        seconds = round(time.perf_counter() - self.began_s, 2)
        with self.printed, self.log.open("ab") as log:
            self.printed.seek(0)
            log.write(printed := self.printed.read())
        found = METRIC_LINE.fullmatch(printed.decode(errors="replace"))
        code = self.process.returncode
        if code or not found:
            result = Result(self.lab, FAILED, seconds=seconds, exit_code=code)
        else:
            result = Result(self.lab, PASSED, found[1], float(found[2]), seconds, code)
        with replace_file(self.record) as temporary:
            temporary.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")
        return result

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        self.printed.close()


def run_labs(labs: Sequence[str], out: Path, jobs: int) -> list[Result]:
    """Run pipelines, `jobs` at a time, show the progress on stderr, and return the results in order."""
    waiting, running, results = list(labs), [], {}
    # On a terminal a bar; elsewhere the lines alone.
    with tqdm(total=len(waiting), bar_format=BAR, disable=None, leave=False, file=sys.stderr) as progress:
        say = partial(progress.write, file=sys.stderr)
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.append(Running(waiting.pop(0), out))
                    say(f"{running[-1].lab}  started, its log is '{running[-1].log}'")
                progress.set_postfix_str(", ".join(one.lab for one in running))
                time.sleep(LOOK_EVERY_S)
                for one in [one for one in running if one.process.poll() is not None]:
                    running.remove(one)
                    results[one.lab] = result = one.finish()
                    say(f"{one.lab}  {result.outcome}  {result.seconds:.2f} s")
                    progress.update()
        finally:
            for one in running:  # somebody has stopped this
                one.stop()
    return [results[lab] for lab in labs]


def read_result(lab: str, out: Path) -> Result:
    path = out / f"{lab}.json"
    try:
        return Result(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Result(lab, NOT_RUN)
    except (ValueError, TypeError) as error:
        raise LabError(f"'{path}' is no result of a lab: type  bash common/labs.sh {lab}") from error


def draw_table(results: Iterable[Result]) -> str:
    """Return a table that reads well as it is, and that is one in Markdown."""
    rows = [("lab", "metric", "seconds")]
    rows += [(one.lab, one.outcome, "" if one.seconds is None else f"{one.seconds:.2f}") for one in results]
    first, second, third = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [f"| {lab:{first}} | {metric:{second}} | {seconds:>{third}} |" for lab, metric, seconds in rows]
    lines.insert(1, f"|{'-' * (first + 2)}|{'-' * (second + 2)}|{'-' * (third + 1)}:|")
    return "\n".join(lines)


def refuse(results: Iterable[Result], out: Path) -> None:
    """Raise a LabError that names the labs that are not as they should be."""
    failed = [one.lab for one in results if one.status == FAILED]
    absent = [one.lab for one in results if one.status == NOT_RUN]
    if failed:
        logs = ", ".join(f"'{out / f'{lab}.log'}'" for lab in failed)
        raise LabError(f"{', '.join(failed)} failed: read {logs}")
    if absent:
        raise LabError(f"{', '.join(absent)} not run: type  bash common/labs.sh {' '.join(absent)}")


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labs",
        usage="bash common/labs.sh [LAB ...] [--json] [--out DIR] [--jobs N] [--collect]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("labs", nargs="*", type=lab, metavar="LAB", help=f"default: {' '.join(LABS)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "reports" / "labs",
        metavar="DIR",
        help="where logs and results are kept (default: reports/labs, beside the labs)",
    )
    parser.add_argument(
        "--jobs", type=whole_number(1, 64), default=1, metavar="N", help="labs at a time (default: 1)"
    )
    parser.add_argument("--collect", action="store_true", help="run nothing; the table of what DIR has")
    return parser


def lab(name: str) -> str:
    if (given := name.rstrip("/")) in LABS:
        return given
    raise argparse.ArgumentTypeError(f"there is no lab '{name}': name one of {', '.join(LABS)}")


def stop(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def main(arguments: argparse.Namespace) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    labs, out = tuple(dict.fromkeys(arguments.labs or LABS)), arguments.out.absolute()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"'{out}' cannot be made ({error.strerror}): give another folder by --out") from error
    if arguments.collect:
        results = [read_result(name, out) for name in labs]
        with replace_file(out / "table.md") as temporary:
            temporary.write_text(draw_table(results) + "\n", encoding="utf-8")
    else:
        results = run_labs(labs, out, arguments.jobs)
    print(json.dumps([asdict(one) for one in results], indent=2) if arguments.json else draw_table(results))
    sys.stdout.flush()
    refuse(results, out)


if __name__ == "__main__":
    run(main, options())
