"""How fast lab1's pipeline is, against its floor and against four plain processes, and how it grows.

    python common/benchmarks/lab1_pipeline.py [--rounds 7] [--largest 10000000]

The floor is one interpreter that imports what the four scripts import and does nothing with it.
"""

import argparse
import ast
import statistics
import sys
import tempfile
from pathlib import Path

from common.benchmarks.timing import measure, measure_in_turn, print_ratio

LAB = Path(__file__).resolve().parents[2] / "lab1"
SCRIPTS = [
    LAB / f"{stage}.py"
    for stage in ("data_creation", "data_preprocessing", "model_preparation", "model_testing")
]
ENVIRONMENT = LAB.parent / "common" / "environment.sh"
STATION_DAYS = 3652  # ten years


def imports_of(scripts: list[Path]) -> str:
    """Return the scripts' top-level import statements, as one program."""
    nodes = [node for script in scripts for node in ast.parse(script.read_text()).body]
    path = f"import sys; sys.path.insert(0, {str(LAB)!r})\n"  # for the modules beside the scripts
    return path + "\n".join(
        ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)
    )


def compare(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "pipeline": [["bash", f"{LAB}/pipeline.sh", "--folder", folder]],
            "floor": [[sys.executable, "-c", imports_of(SCRIPTS)]],
            "plain": [[sys.executable, str(script), "--folder", folder] for script in SCRIPTS],
            "environment": [["bash", "-c", f"source {ENVIRONMENT} lab1"]],
            "bash": [["bash", "-c", ":"]],
        }
        seconds = measure_in_turn(sides, rounds)
    for name in ("pipeline", "floor", "plain"):
        print(f"{name:<10} {statistics.median(seconds[name]):.2f} s")
    print_ratio(
        "bash lab1/pipeline.sh / the imports alone", seconds["pipeline"], seconds["floor"], "at most 1.15"
    )
    print_ratio(
        "four plain processes / bash lab1/pipeline.sh", seconds["plain"], seconds["pipeline"], "at least 2.5"
    )
    found_s = [one - other for one, other in zip(seconds["environment"], seconds["bash"], strict=True)]
    print(f"an environment that is ready costs {statistics.median(found_s):.3f} s  aim: under 0.1 s")


def grow(largest: int) -> None:
    print(f"\n{'days in all':>11}" + "".join(f"{script.stem:>26}" for script in SCRIPTS))
    days = 10_000
    while days <= largest:
        stations = max(3, round(days / STATION_DAYS))
        sizes = ["--stations", str(stations), "--days", str(days // stations)]
        print(f"{days:>11}", end="", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for script in SCRIPTS:
                options = sizes if script is SCRIPTS[0] else []
                cost = measure([sys.executable, str(script), "--folder", folder, *options])
                print(f"{cost.seconds:>15.2f} s {cost.peak_mb:>6.0f} MB", end="", flush=True)
        print()
        days *= 10


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--rounds", type=int, default=7, help="counted rounds of the comparison (default: 7)"
    )
    options.add_argument(
        "--largest", type=int, default=10**7, help="days in all, the last size (default: 10^7)"
    )
    arguments = options.parse_args()
    compare(arguments.rounds)
    grow(arguments.largest)
