"""The READMEs tell the truth: their commands run and print what they show, their paths and links exist."""

import re
import shlex
from pathlib import Path

import pytest

from common.grading.book.rubrics import read_rubrics
from common.tests.boxes import make_box
from common.tests.classes import hand_in
from common.tests.submissions import EXAMPLES
from common.tests.tools import ROOT, list_repository, run_command

PLACES = ("README*.md", "lab*/README*.md", "common/grading/README.md", ".github/CONTRIBUTING.md")
READMES = sorted(path.relative_to(ROOT) for place in PLACES for path in ROOT.glob(place))
GRADE_ONE = "bash common/test.sh lab1 --submission ../anna"
GRADE_CLASS = "bash common/gradebook.sh ../submissions --out ../gradebook --labs lab1"
MADE_BY_A_RUN = ("data/", "model/", "reports/", ".venv", "anna/", "gradebook.csv", "moodle.csv", "canvas.csv")
NUMBERS_THAT_VARY = (r"\d+\.\d+ s\b", r"Python 3\.\d+\.\d+")


def text_of(readme):
    return (ROOT / readme).read_text(encoding="utf-8")


def prose_of(readme):
    return re.sub(r"```.*?```", "", text_of(readme), flags=re.DOTALL)


def shown_runs():
    """Yield readme, command and the lines it shows below, for each `$ command` of a console block."""
    for readme in READMES:
        for block in re.findall(r"```console\n(.*?)```", text_of(readme), re.DOTALL):
            command, *shown = block.splitlines()
            yield pytest.param(command.removeprefix("$ "), shown, id=f"{readme}: {command}")


def without_varying(lines):
    for pattern in NUMBERS_THAT_VARY:
        lines = [re.sub(pattern, "…", line) for line in lines]
    return [line for line in lines if not line.startswith("environment: ")]


@pytest.mark.parametrize(("command", "shown"), list(shown_runs()))
def test_a_command_prints_what_is_shown(command, shown, tmp_path):
    if command in (GRADE_ONE, GRADE_CLASS):
        make_box()  # or skips
        EXAMPLES["bare_number"].write(tmp_path / "anna")
        for name in ("anna", "anna@2", "boris"):
            hand_in(tmp_path / "submissions" / name)
        (tmp_path / "submissions" / "torn.zip").touch()
        (tmp_path / "workbook").mkdir()
        words = shlex.split(command.replace("common", f"{ROOT}/common", 1))
        ended = run_command(*words, cwd=tmp_path / "workbook")
        assert ended.code == (command == GRADE_ONE)
        assert ended.out.split("\n")[command == GRADE_ONE :] == [*shown, ""]
        return
    if command.startswith("bash common/test.sh"):
        command += " --collect-only -q common/tests/test_stage.py"  # this very run is the real one
        assert run_command(*shlex.split(command), cwd=ROOT).code == 0
        return
    ended = run_command(*shlex.split(command), "--folder", tmp_path, cwd=ROOT)
    assert ended.code == 0, ended.err
    printed = without_varying([*ended.out.splitlines(), *ended.err.splitlines()])
    assert set(without_varying(shown)) <= set(printed)


@pytest.mark.parametrize("readme", READMES, ids=str)
def test_every_inline_command_can_be_started(readme):
    commands = re.findall(r"`((?:bash|python) [^`]+)`", prose_of(readme))
    assert commands
    for command in commands:
        program, script, *options = command.split()
        assert (ROOT / script).is_file(), command
        if script == "common/test.sh":
            ended = run_command(program, script, *options, "--collect-only", "-q", cwd=ROOT)
        else:
            known = run_command(program, script, "--help", cwd=ROOT)
            assert all(option in known.out for option in options if option.startswith("--")), command
            ended = known
        assert ended.code == 0, command


@pytest.mark.parametrize("readme", READMES, ids=str)
def test_every_path_and_link_exists(readme):
    text = prose_of(readme)
    here = (ROOT / readme).parent
    named = re.findall(r"`([\w./*-]+(?:\.(?:py|sh|md|toml|txt|json|csv|skops)|/[\w*-]+))`", text)
    for name in named:
        if name.startswith(MADE_BY_A_RUN) or name in ("features.json", "data/raw"):
            continue
        assert (here / name).exists() or (ROOT / name).exists(), name
    for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", text):
        assert target.startswith("https://") or (here / target).exists(), target


def criteria(rubric):
    """Return the points and titles of a rubric's checks, in order."""
    return [(one.possible, one.title) for one in read_rubrics([rubric.parent.name])]


@pytest.mark.parametrize("rubric", sorted(ROOT.glob("lab*/test_lab*.py")), ids=lambda path: path.stem)
def test_the_criteria_are_those_of_the_rubric(rubric):
    expected = criteria(rubric)
    assert sum(points for points, _ in expected) == 20
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text_of(rubric.with_name("README.md")), re.MULTILINE)
    assert [(int(points), title) for points, title in rows] == expected


def test_the_table_of_a_grade_is_that_of_lab_1():
    block = r"```console\n\$ bash common/test.sh lab1/test_lab1.py\n(.*?)```"
    words = " ".join(re.search(block, text_of("README.md"), re.DOTALL)[1].split())
    for points, title in criteria(ROOT / "lab1" / "test_lab1.py"):
        assert f"{title} {points} of {points}" in words
    assert words.endswith("lab1 in all 20 of 20")


def test_the_tree_names_every_file_once():
    tree = re.search(r"```text\n(.*?)```", text_of(Path("README.md")), re.DOTALL)[1]
    folder, named = "", []
    for line in tree.splitlines():
        name = line.split()[0]
        if line.startswith(" "):
            named.append(folder + name)
        elif line == name:
            folder = name  # the lines below it, indented, are what it has
        else:
            named.append(name)
    assert [name for name in named if not (ROOT / name).exists()] == []
    files = [str(path) for path in list_repository()]
    unnamed = [file for file in files if not any(file == name or file.startswith(name) for name in named)]
    assert unnamed == [".gitattributes", ".gitignore", "common/__init__.py"]
