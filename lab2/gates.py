"""The quality gates of a tested model: what is measured, what it must be, and a JUnit file that says so."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np

from common.atomic import replace_file

GROUPS = 5  # of equal size, by probability: about 29 rows of 143 each
MOST_CALIBRATION_ERROR = 0.1  # seeds 0 to 11 of the builtin table had 0.012 to 0.043
STANDARD_ERRORS = 3  # a slice that is this far below the whole is no bad luck
LEAST_GAP = 0.05  # a model that is always right elsewhere may still miss a few


@dataclass(frozen=True)
class Gate:
    name: str
    value: float
    limit: float
    passed: bool
    rule: str  # what must hold, in words


def judge(
    accuracy: float, least: float, majority: float, slices: Sequence[dict], calibration_error: float
) -> list[Gate]:
    """Return the gates in their order; of each slice its name, accuracy and rows are looked at."""
    gates = [
        Gate("min_accuracy", accuracy, least, accuracy >= least, "accuracy is at least --min-accuracy"),
        Gate(
            "beats_majority",
            accuracy,
            majority,
            accuracy > majority,
            "better than always the more frequent answer",
        ),
    ]
    for one in slices:
        gap = max(LEAST_GAP, STANDARD_ERRORS * math.sqrt(accuracy * (1 - accuracy) / one["rows"]))
        limit = accuracy - gap
        rule = f"accuracy on {one['name']} is not far below that on all"
        gates.append(Gate(f"slice_{one['name']}", one["accuracy"], limit, one["accuracy"] >= limit, rule))
    gates.append(
        Gate(
            "calibration",
            calibration_error,
            MOST_CALIBRATION_ERROR,
            calibration_error <= MOST_CALIBRATION_ERROR,
            "predicted probabilities are near the shares that were seen",
        )
    )
    return gates


def measure_calibration(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean distance, over groups of like probability, of predicted from seen share."""
    groups = np.array_split(np.argsort(probabilities, kind="stable"), min(GROUPS, len(labels)))
    gaps = [len(rows) * abs(probabilities[rows].mean() - labels[rows].mean()) for rows in groups]
    return float(sum(gaps) / len(labels))


def describe(gate: Gate) -> str:
    return f"{gate.name} {gate.value:.3f}, limit {gate.limit:.3f} ({gate.rule})"


def write_junit(gates: Sequence[Gate], path: Path) -> None:
    """Write one test case a gate, as Jenkins' junit step reads them."""
    failures = str(sum(not gate.passed for gate in gates))
    suite = Element("testsuite", name="lab2.gates", tests=str(len(gates)), failures=failures)
    for gate in gates:
        case = SubElement(suite, "testcase", classname="lab2.gates", name=gate.name)
        if gate.passed:
            SubElement(case, "system-out").text = describe(gate)
        else:
            SubElement(case, "failure", message=describe(gate))
    indent(suite)
    with replace_file(path) as temporary:
        ElementTree(suite).write(temporary, encoding="utf-8", xml_declaration=True)
