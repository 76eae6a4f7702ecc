"""What the images are made of: their lists of packages, and their files' form."""

import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from common.tests.tools import ROOT, run_command

LAB = ROOT / "lab3"
PLOTTING = {"graphviz", "matplotlib", "plotly"}  # of CatBoost, which imports them when it draws
UNUSED = {"gitpython", "pydeck", "watchdog"}  # of Streamlit: its cloud, maps, reloading while one writes
SERVICE = {
    "catboost",
    "fastapi",
    "msgspec",
    "prometheus-client",
    "pydantic-settings",
    "uvicorn",
    "uvloop",
    "httptools",
}
PAGE = {"streamlit", "altair", "httpx"}


def everything_needed(names: set[str], without: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in without | found:
            continue
        found.add(name)
        needs = map(Requirement, distribution(name).requires or [])
        waiting += [one for one in needs if not one.marker or one.marker.evaluate({"extra": ""})]
    return found


@pytest.mark.parametrize(
    ("file", "names", "without"),
    [("image-service.txt", SERVICE, PLOTTING), ("image-page.txt", PAGE, UNUSED)],
)
def test_an_image_installs_what_is_needed_and_nothing_else(file, names, without):
    lines = [line for line in (LAB / file).read_text().splitlines() if not line.startswith("#")]
    assert lines == sorted(everything_needed(names, without))


def test_linters_find_nothing(tools):
    assert run_command(tools / "hadolint", LAB / "Dockerfile").out == ""
    schema = ["--builtin-schema", "vendor.compose-spec"]
    ended = run_command(tools / "check-jsonschema", *schema, LAB / "compose.yaml")
    assert ended.code == 0, ended.out


@pytest.fixture(scope="module")
def tools():
    return Path(sys.executable).parent
