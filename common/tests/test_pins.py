"""requirements.txt pins what pyproject.toml asks for: all of it, nothing else, and what is installed here."""

import os
import re
import tomllib
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from common.tests.tools import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OWN = canonicalize_name(PROJECT["name"])
PINS = [
    Requirement(line)
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if re.match(r"[a-z0-9]", line, re.IGNORECASE)
]
# The pins that hold on this platform and Python.
VERSIONS = {
    canonicalize_name(pin.name): str(pin.specifier) for pin in PINS if not pin.marker or pin.marker.evaluate()
}
installed_by_pins = pytest.mark.skipif(
    "WORKBOOK_NEWEST" in os.environ,
    reason="WORKBOOK_NEWEST: the newest versions are installed, not the pinned ones",
)
REPAIR = "run: uv pip compile pyproject.toml --all-extras --universal -o requirements.txt"


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_every_direct_dependency_has_a_pin_that_it_admits(extra):
    for line in PROJECT["optional-dependencies"][extra]:
        wanted = Requirement(line)
        if canonicalize_name(wanted.name) == OWN:
            continue
        pin = VERSIONS.get(canonicalize_name(wanted.name))
        assert pin, f"{wanted.name} of {extra} has no pin; {REPAIR}"
        assert wanted.specifier.contains(pin.removeprefix("==")), f"{pin} is not {wanted}; {REPAIR}"


def needed(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> set[str]:
    """Return the names of what an installed distribution needs here, itself included."""
    if (name, extras) in seen:
        return set()
    seen.add((name, extras))
    names = {name}
    for line in distribution(name).requires or []:
        wanted = Requirement(line)
        contexts = [{"extra": extra} for extra in extras] or [{"extra": ""}]
        if wanted.marker is None or any(wanted.marker.evaluate(context) for context in contexts):
            names |= needed(canonicalize_name(wanted.name), frozenset(wanted.extras), seen)
    return names


@installed_by_pins
def test_the_pins_are_exactly_what_is_needed_here():
    extras = frozenset(PROJECT["optional-dependencies"])
    everything = needed(OWN, extras, set()) - {OWN}
    assert everything - VERSIONS.keys() == set(), REPAIR
    # setuptools is the one that a marker-free requirement of an older Python may leave behind
    assert VERSIONS.keys() - everything == set(), REPAIR


@installed_by_pins
def test_what_is_installed_is_what_is_pinned():
    installed = {name: f"=={distribution(name).version}" for name in VERSIONS}
    assert installed == VERSIONS


def test_each_dependency_says_what_it_is_for():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    silent = [line for line in lines if re.match(r'    "[a-z0-9-]+[>=<]', line) and "  # " not in line]
    assert silent == []


def test_lab1_installs_only_what_it_names():
    names = [Requirement(line).name for line in PROJECT["optional-dependencies"]["lab1"]]
    assert names == ["numpy", "pandas", "scikit-learn", "skops"]
