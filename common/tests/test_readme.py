"""The READMEs tell the truth: their commands run and print what they show, their paths and links exist.

The commands are those of the English pages: test_twins.py asserts that the Russian ones have the same.
"""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from common.grading.book.rubrics import read_rubrics
from common.tests.boxes import make_box
from common.tests.classes import hand_in
from common.tests.pages import (
    CONTRIBUTING,
    ENGLISH,
    PAGES,
    criteria_shown,
    goal,
    prose_of,
    shown_runs,
    targets,
    text_of,
    tokens_of,
)
from common.tests.submissions import EXAMPLES
from common.tests.tools import ROOT, list_repository, run_command, run_stage

TEACHING = Path("common/grading/TEACHING.md")
GRADE_CLASS = "bash common/gradebook.sh ../submissions --out ../gradebook --labs lab1"
MADE_BY_A_RUN = ("data/", "model/", "reports/", ".venv", "anna/", "gradebook.csv", "moodle.csv", "canvas.csv")
A_SIXTH_LAB = "lab6/"  # the one that a teacher adds


RUNS = [
    pytest.param(command, shown, id=f"{page}: {command}")
    for page, command, shown in shown_runs()
    if "../" in command
]


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A folder to type from, submissions beside it, and what each command printed that was typed there."""
    make_box()  # or skips
    folder = tmp_path_factory.mktemp("classroom")
    EXAMPLES["bare_number"].write(folder / "anna")
    for name in ("anna", "anna@2", "boris"):
        hand_in(folder / "submissions" / name)
    (folder / "submissions" / "torn.zip").touch()
    (folder / "points.toml").write_text(re.search(r"```toml\n(.*?)```", text_of(TEACHING), re.DOTALL)[1])
    (folder / "workbook").mkdir()

    @cache
    def typed(command):
        words = shlex.split(command.replace("common", f"{ROOT}/common", 1))
        return run_command(*words, cwd=folder / "workbook")

    typed(GRADE_CLASS)  # the other commands about this class come after it
    return typed


@pytest.mark.parametrize(("command", "shown"), RUNS)
def test_a_grading_prints_what_is_shown(command, shown, classroom):
    is_class = "gradebook.sh" in command
    ended = classroom(command)
    assert ended.code == (0 if is_class else 1)
    assert ended.out.split("\n")[0 if is_class else 1 :] == [*shown, ""]


def test_every_other_command_with_output_is_compared_where_it_is_run():
    """A lab's pipeline runs once, for that lab's tests; the whole suite is this very run."""
    others = {command for _, command, _ in shown_runs() if "../" not in command}
    pipelines = {f"bash {path.relative_to(ROOT)}" for path in ROOT.glob("lab*/pipeline.sh")}
    graded = "bash common/test.sh lab1/test_lab1.py"  # compared below
    assert others == pipelines | {"bash common/test.sh", graded}
    for command in pipelines:
        lab = command.removeprefix("bash ").partition("/")[0]
        compared = [path for path in ROOT.glob(f"{lab}/tests/*.py") if f'"{command}"' in path.read_text()]
        assert len(compared) == 1, command


HELP: dict[str, str] = {}  # pages name the same commands again and again


def help_of(program, script, capfd):
    if script in HELP:
        return HELP[script]
    path = ROOT / script
    ended = run_command(program, path, "--help") if program == "bash" else run_stage(capfd, path, "--help")
    assert ended.code == 0, ended.err
    HELP[script] = ended.out
    return ended.out


def has_tests(path):
    return any(one.match("test_*.py") and one.is_file() for one in (path, *path.rglob("*")))


@pytest.mark.parametrize("readme", [*ENGLISH, CONTRIBUTING], ids=str)
def test_every_inline_command_can_be_started(readme, capfd):
    commands = re.findall(r"`((?:bash|python) [^`]+)`", prose_of(readme))
    assert commands
    for command in commands:
        program, script, *words = command.split()
        assert (ROOT / script).is_file(), command
        known = help_of(program, script, capfd)
        assert [word for word in words if word.startswith("-") and word not in known] == [], command
        if script == "common/test.sh":
            paths = [word for word in words if word.startswith(("lab", "common"))]
            assert all(has_tests(ROOT / path) for path in paths), command


@pytest.mark.thorough
def test_every_inline_command_that_chooses_tests_finds_some():
    """That the others' paths have tests is asserted above."""
    proses = [prose_of(page) for page in (*ENGLISH, CONTRIBUTING)]
    commands = {
        " ".join(one.split())
        for prose in proses
        for one in re.findall(r"`(bash common/test\.sh[^`]* -[km] [^`]*)`", prose)
    }
    assert commands
    for command in sorted(commands):
        ended = run_command(*command.split(), "--collect-only", "-q", cwd=ROOT)
        assert ended.code == 0, command


@pytest.mark.parametrize("readme", [*PAGES, CONTRIBUTING], ids=str)
def test_every_path_and_link_exists(readme):
    text = prose_of(readme)
    here = (ROOT / readme).parent
    named = re.findall(r"`([\w./*-]+(?:\.(?:py|sh|md|toml|txt|json|csv|skops)|/[\w*-]+))`", text)
    for name in named:
        if name.startswith((*MADE_BY_A_RUN, A_SIXTH_LAB)) or name in ("features.json", "data/raw"):
            continue
        assert (here / name).exists() or (ROOT / name).exists(), name
    for target in [target for token in tokens_of(readme) for target in targets(token)]:
        file, _ = goal(readme, target)  # fails where the page has no such heading
        assert target.startswith(("https://", "http://localhost:")) or (ROOT / file).exists(), target


def criteria(rubric):
    """Return the points and titles of a rubric's checks, in order."""
    return [(one.possible, one.title) for one in read_rubrics([rubric.parent.name])]


@pytest.mark.parametrize("rubric", sorted(ROOT.glob("lab*/test_lab*.py")), ids=lambda path: path.stem)
def test_the_criteria_are_those_of_the_rubric(rubric):
    expected = criteria(rubric)
    assert sum(points for points, _ in expected) == 20
    assert criteria_shown(rubric.with_name("README.md")) == expected


def test_the_table_of_a_grade_is_that_of_lab_1():
    block = r"```console\n\$ bash common/test.sh lab1/test_lab1.py\n(.*?)```"
    words = " ".join(re.search(block, text_of(Path("README.md")), re.DOTALL)[1].split())
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
