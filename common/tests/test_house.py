"""The rules of the house, checked on every tracked file: layout, imports, sizes, commands in docstrings."""

import ast
import re
import sys
from pathlib import Path

import pytest

from common.grading.report import LABS
from common.tests.tools import ROOT, list_repository, run_command, run_stage

STAGED_LABS = [lab for lab in LABS if lab != "lab5"]  # lab 5 is a notebook
STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")
LONGEST_LINES = 300
TRACKED = list_repository()
PYTHON = [path for path in TRACKED if path.suffix == ".py"]
SHELL = [path for path in TRACKED if path.suffix == ".sh" or path.parent == Path(".ci")]


def imported_modules(path: Path) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return imports | {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }


def test_the_layout_is_that_of_the_design():
    expected = [
        "README.md",
        "LICENSE",
        "pyproject.toml",
        "requirements.txt",
        ".gitattributes",
        ".gitignore",
        "CHANGELOG.md",
        ".ci/grader",
        ".ci/run",
    ]
    expected += [f".github/workflows/{name}.yml" for name in ("check", "image", "weekly", "grade")]
    expected += [
        ".github/CONTRIBUTING.md",
        ".github/dependabot.yml",
        "common/environment.sh",
        "common/test.sh",
    ]
    expected += [f"common/{name}.py" for name in ("pipeline", "stage", "files", "models")]
    expected += [f"{lab}/{name}.py" for lab in STAGED_LABS for name in STAGES]
    expected += [f"{lab}/{name}" for lab in LABS for name in ("README.md", "pipeline.sh")]
    assert [name for name in expected if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_labs_import_common_and_common_imports_no_lab(path):
    own = path.parts[0]
    forbidden = {*LABS} - {own}
    if len(path.parts) == 2 and own in LABS:
        forbidden |= set(STAGES)  # stages meet through files
    roots = {name.split(".")[0] for name in imported_modules(path)}
    assert roots & forbidden == set()


@pytest.mark.parametrize("path", [*PYTHON, *SHELL], ids=str)
def test_no_file_is_too_long_to_read_in_one_sitting(path):
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_LINES


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_a_file_says_first_what_it_makes(path):
    doc = ast.get_docstring(ast.parse((ROOT / path).read_text()))
    assert doc
    assert doc.splitlines()[0].rstrip().endswith(".")


@pytest.mark.parametrize(
    "path", [Path(lab, f"{stage}.py") for lab in STAGED_LABS for stage in STAGES], ids=str
)
def test_the_command_in_a_stages_docstring_runs(path, capfd):
    doc = ast.get_docstring(ast.parse((ROOT / path).read_text()))
    commands = re.findall(r"^    python (\S+)", doc, re.MULTILINE)
    assert set(commands) == {str(path)}
    ended = run_stage(capfd, ROOT / path, "--help")
    assert ended.code == 0, ended.err
    assert doc.splitlines()[0] in ended.out


def test_no_data_and_no_models_are_in_git():
    kinds = {".csv", ".skops", ".cbm", ".pkl", ".pickle", ".joblib", ".parquet", ".npy", ".npz", ".db"}
    assert [str(path) for path in TRACKED if path.suffix in kinds] == []


def test_ruff_finds_nothing():
    for command in (["check"], ["format", "--check"]):
        ended = run_command(sys.executable, "-m", "ruff", *command, "--no-cache", ROOT)
        assert ended.code == 0, ended.out + ended.err


def test_shellcheck_finds_nothing():
    ended = run_command(Path(sys.executable).with_name("shellcheck"), "-x", *SHELL, cwd=ROOT)
    assert ended.code == 0, ended.out


def test_shell_scripts_have_unix_line_ends():
    assert [str(path) for path in SHELL if b"\r" in (ROOT / path).read_bytes()] == []
