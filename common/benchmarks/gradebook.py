"""What a gradebook costs: two jobs against one, its own memory, and a thousand results that are there.

    python common/benchmarks/gradebook.py [--students 50] [--rounds 5] [--many 1000]

Two jobs are compared with one on two classes. In one all have a lab 1 that works, a few seconds each. In the
other the submissions are as small as can be, four scripts and a pipeline.sh that fails, so that starting and
ending the gradebook weigh as much as they ever will. Memory and a thousand results are those of small ones.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from common.benchmarks.timing import print_ratio
from common.tests.classes import FOUR, hand_in
from common.tests.submissions import EXAMPLES


def hand_in_small(folder: Path, students: int) -> Path:
    """Make a class; each submission differs, so that none can be taken for another."""
    for number in range(students):
        student = folder / f"student{number:04}"
        hand_in(student, *FOUR, "pipeline.sh", content=f"raise SystemExit({number})\n")
    return folder


def hand_in_whole(folder: Path, students: int) -> Path:
    """Make a class of which each has a lab 1 that works, with a line of its own."""
    for number in range(students):
        student = EXAMPLES["textbook"].write(folder / f"student{number:04}")
        with (student / "lab1" / "pipeline.sh").open("a") as pipeline:
            pipeline.write(f"# {number}\n")
    return folder


def grade(submissions: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Return seconds, and the largest memory of the gradebook's own process in MB."""
    command = [sys.executable, "-P", "-m", "common.grading.gradebook", submissions, "--out", out]
    began_s = time.perf_counter()
    with subprocess.Popen(
        [*command, "--labs", "lab1", "--jobs", str(jobs)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        peak_mb = 0.0
        while process.poll() is None:
            peak_mb = max(peak_mb, high_water_mb(process.pid))
            time.sleep(0.02)
    if process.returncode:
        sys.exit(f"the gradebook of {submissions} ended with exit code {process.returncode}")
    return time.perf_counter() - began_s, peak_mb


def high_water_mb(pid: int) -> float:
    """Return the most memory that a process has held (VmHWM of proc(5)); 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def compare_jobs(kind: str, submissions: Path, rounds: int, out: Path) -> None:
    seconds = [
        [grade(submissions, out / f"{kind}-book{number}-{jobs}", jobs)[0] for jobs in (1, 2)]
        for number in range(rounds)
    ]
    one, two = zip(*seconds, strict=True)
    students = sum(1 for _ in submissions.iterdir())
    print(f"{students} {kind} submissions: {median(one):.1f} s with 1 job, {median(two):.1f} s with 2")
    print_ratio("  1 job / 2 jobs", one, two, "at least 1.8")


def main(students: int, many: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        compare_jobs("whole", hand_in_whole(root / "whole", students), 1, root)
        compare_jobs("small", hand_in_small(root / "small", students), rounds, root)

        _, few_mb = grade(hand_in_small(root / "few", 10), root / "few-book", 2)
        all_s, many_mb = grade(hand_in_small(root / "many", many), root / "many-book", 2)
        print(
            f"the gradebook's own memory: {few_mb:.0f} MB for 10, {many_mb:.0f} MB for {many} ({all_s:.0f} s)"
        )
        again_s, _ = grade(root / "many", root / "many-book", 2)
        print(f"{many} results listed, taken over and rendered: {again_s:.1f} s  aim: under 10 s")
        shutil.rmtree(root / "many-book")


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--students", type=int, default=50, help="of the comparison (default: 50)")
    options.add_argument("--many", type=int, default=1000, help="of the large class (default: 1000)")
    options.add_argument("--rounds", type=int, default=5, help="of the small ones' comparison (default: 5)")
    arguments = options.parse_args()
    main(arguments.students, arguments.many, arguments.rounds)
