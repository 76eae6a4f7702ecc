"""Whole processes timed from outside: in turn, so that a machine whose speed drifts drifts for both sides."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float  # the largest of the process itself and the children it waited for


def measure(command: Sequence[str]) -> Cost:
    """Run a command to its end; what it prints is thrown away, a failure ends the benchmark."""
    began_s = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{errors.decode(errors='replace')}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def measure_in_turn(sides: Mapping[str, Sequence[Sequence[str]]], rounds: int) -> dict[str, list[float]]:
    """Return seconds by side, one a round; a side is a list of commands that run one after the other.

    A first round, which warms the disk's cache, is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for counted in range(rounds + 1):
        for name, commands in sides.items():
            spent_s = sum(measure(command).seconds for command in commands)
            if counted:
                seconds[name].append(spent_s)
        print(f"round {counted} of {rounds}", file=sys.stderr)
    return seconds


def print_ratio(title: str, above: Sequence[float], below: Sequence[float], aim: str) -> None:
    """Print one line: the ratio of two sides, round by round, as median (lowest to highest), and the aim."""
    ratios = [one / other for one, other in zip(above, below, strict=True)]
    middle, lowest, highest = statistics.median(ratios), min(ratios), max(ratios)
    print(f"{title:<58} {middle:6.2f}  ({lowest:.2f} to {highest:.2f})  aim: {aim}")
