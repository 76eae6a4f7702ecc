"""bash common/start.sh: what a student is given, and what is refused."""

import ast
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from common.tests.starters import LABS, STAGES, git, start
from common.tests.tools import ROOT, hash_files, list_repository, require, run_command, run_stage

WORKFLOW = ".github/workflows/grade.yml"
SCRIPTS = [f"{lab}/{stage}.py" for lab in LABS[:3] for stage in STAGES]
SCRIPTS += ["lab3/service.py", "lab4/data_creation.py", "lab4/data_preprocessing.py"]
OTHERS = [
    ".gitattributes",
    ".gitignore",
    "README.md",
    "requirements.txt",
    *(f"{lab}/README.md" for lab in LABS),
]
OTHERS += ["lab1/pipeline.sh", "lab2/Jenkinsfile", "lab3/Dockerfile", "lab3/build_image.sh"]
OTHERS += ["lab3/docker-compose.yml", "lab3/pipeline.sh", "lab3/requirements.txt"]
OTHERS += ["lab4/REPORT.md", "lab4/dvc.yaml", "lab5/lab5.ipynb"]


def listed(folder: Path) -> list[Path]:
    return [Path(name) for name in git(folder, "ls-files").splitlines()]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    folder = tmp_path_factory.mktemp("students") / "my labs"  # a space, as people have
    ended = start(folder)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{folder}: {len(listed(folder))} files in a first commit; begin with README.md\n"
    return folder


def test_exactly_these_files_are_handed_out_and_committed(started):
    expected = [*SCRIPTS, *OTHERS, WORKFLOW]
    assert [str(path) for path in listed(started)] == sorted(expected)
    assert git(started, "status", "--porcelain", "--ignored") == ""
    assert git(started, "log", "--format=%s, %an, %ci, %D") == (
        "Start from the empty workbook, MLOps Workbook, 2026-01-01 00:00:00 +0000, HEAD -> main\n"
    )
    assert not re.search("user|example", (started / ".git" / "config").read_text())


def test_it_is_the_same_commit_whatever_the_settings_of_git_are(started, tmp_path):
    (tmp_path / ".gitconfig").write_text(
        "[user]\nname = Anna\nemail = anna@example.org\n[core]\nautocrlf = true\nhooksPath = /nowhere\n"
        "[commit]\ngpgSign = true\n[init]\ndefaultBranch = trunk\n"
    )
    (tmp_path / ".config" / "git").mkdir(parents=True)
    (tmp_path / ".config" / "git" / "ignore").write_text("*.py\n")
    (tmp_path / "labs").mkdir()  # an empty folder is as good as a new one
    env = {"HOME": str(tmp_path), "GIT_AUTHOR_NAME": "Boris", "GIT_DIR": "/nowhere", "TZ": "Asia/Tokyo"}
    ended = start("labs", cwd=tmp_path, env=env)
    assert (ended.code, ended.err) == (0, "")
    assert git(tmp_path / "labs", "rev-parse", "HEAD") == git(started, "rev-parse", "HEAD")
    assert hash_files(tmp_path / "labs", listed(started)) == hash_files(started, listed(started))


def test_nothing_of_ours_and_no_solution_is_in_a_script(started):
    for name in SCRIPTS:
        text = (started / name).read_text()
        tree = ast.parse(text)
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        roots = {getattr(node, "module", None) or node.names[0].name for node in imports}
        assert roots <= {"sys", "pathlib", "numpy", "pandas", "sklearn.linear_model"}, name
        for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
            *told, last = function.body
            assert ast.unparse(last) == f"raise NotImplementedError('{function.name}')", name
            assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in told)
        assert f"Run it by: python3 {name}\n" in ast.get_docstring(tree) + "\n"
        assert "--" not in text  # no option of ours
        assert text.count("# TODO: ") >= 1


def test_signatures_docstrings_and_given_numbers_stay(started):
    text = (started / "lab1" / "data_creation.py").read_text()
    assert text.startswith('"""Creates raw weather: one CSV a station, most stations in data/raw/train, ')
    assert "\nTEST_EVERY = 3  # every third station is for testing\n" in text
    assert (
        "def create_stations(folder: Path, stations: int, days: int, seed: int) -> None:\n"
        '    """Write the CSVs of `stations` simulated stations to the folders train and test of '
        '`folder`."""\n'
        '    raise NotImplementedError("create_stations")  # TODO\n'
    ) in text
    assert "    # TODO: `data_creation.py` makes several data sets about something" in text


def test_it_is_as_tidy_as_our_own_code(started):
    ruff = (Path(sys.executable).with_name("ruff"), "--isolated", "--config", "line-length=110")
    for words in (("check", "--select=E,F,I,N,W"), ("format", "--check")):
        ended = run_command(*ruff, *words, started)
        assert ended.code == 0, ended.out
    shell = [path for path in SCRIPTS + OTHERS if path.endswith(".sh")]
    ended = run_command(Path(sys.executable).with_name("shellcheck"), *shell, cwd=started)
    assert ended.code == 0, ended.out


def test_each_script_says_in_one_line_that_it_is_not_written(started, capfd):
    for name in SCRIPTS:
        ended = run_stage(capfd, started / name)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == f"{name}: main() is not written yet, see the TODO in it\n"


def test_a_pipeline_says_which_stage_is_not_written(started):
    ended = run_command("bash", started / "lab1" / "pipeline.sh")
    said = "lab1/data_creation.py: main() is not written yet, see the TODO in it\n"
    assert (ended.code, ended.out, ended.err) == (1, "", said)
    ended = run_command("bash", started / "lab3" / "build_image.sh")
    assert (ended.code, ended.err) == (1, "lab3/build_image.sh is not written yet, see the TODO in it\n")


def test_a_function_that_main_calls_is_named_too(started, tmp_path, capfd):
    text = (started / "lab1" / "data_creation.py").read_text()
    (tmp_path / "data_creation.py").write_text(
        text.replace('    raise NotImplementedError("main")', "    create_stations(LAB, 12, 30, seed=0)")
    )
    ended = run_stage(capfd, tmp_path / "data_creation.py")
    said = "lab1/data_creation.py: create_stations() is not written yet, see the TODO in it\n"
    assert (ended.code, ended.err) == (1, said)


def test_the_pages_have_the_task_and_the_criteria(started):
    for lab in LABS:
        page, ours = (root / lab / "README.md" for root in (started, ROOT))
        task = re.search(r"## The task\n.*?(?=\n## )", ours.read_text(), re.DOTALL)[0]
        rows = re.findall(r"^\| \d+ \| .+ \|$", ours.read_text(), re.MULTILINE)
        assert task.strip() in page.read_text()
        assert re.findall(r"^\| \d+ \| .+ \|$", page.read_text(), re.MULTILINE) == rows
        files = [path.name for path in listed(started) if path.parts[0] == lab and path.name != "README.md"]
        assert re.findall(r"^\| `(\S+)` \| \w.+ \|$", page.read_text(), re.MULTILINE) == files
        assert f"bash common/test.sh {lab} --submission ../my-labs" in page.read_text()
        assert f"[{lab}]({lab}/README.md)" in (started / "README.md").read_text()


def test_the_notebook_has_a_heading_and_a_cell_for_each_step(started):
    cells = json.loads((started / "lab5" / "lab5.ipynb").read_text())["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown"] + ["markdown", "code"] * 4
    assert cells[3]["source"] == "## 2. Train a linear regression on one of them."
    assert cells[4]["source"] == 'raise NotImplementedError("step 2 is not written yet")  # TODO'


def test_the_packages_are_a_labs_own_in_our_versions(started):
    lines = (started / "lab3" / "requirements.txt").read_text().splitlines()[1:]
    assert {Requirement(line).name for line in lines} == {
        "altair", "catboost", "fastapi", "httpx", "msgspec", "numpy", "pandas", "prometheus-client",
        "pydantic-settings", "scikit-learn", "skops", "streamlit", "uvicorn",
    }  # fmt: skip
    assert [line for line in lines if line.startswith("uvicorn[standard]==")]
    every = (started / "requirements.txt").read_text().splitlines()[1:]
    assert set(lines) < set(every)
    ours = (ROOT / "requirements.txt").read_text().splitlines()
    assert {re.sub(r"\[\w+\]", "", line) for line in every} <= set(ours)
    assert {"dvc", "pytest", "nbconvert"} <= {Requirement(line).name for line in every}


def test_russian_pages_come_with_lang_ru(tmp_path):
    copy = tmp_path / "workbook"
    for path in list_repository():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, copy / path)
    for lab in LABS:
        (copy / lab / "README.ru.md").unlink(missing_ok=True)
    ended = start(tmp_path / "labs", "--lang", "ru", root=copy)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "start.sh: 'lab1/README.ru.md' is not there: leave --lang ru out\n"
    assert not (tmp_path / "labs").exists()
    for number, lab in enumerate(LABS, 1):
        text = f"# Лабораторная {number}: погода\n\n## Задание\n\n1. Сделать всё.\n\n## Запуск\n\nДругое.\n"  # noqa: RUF001
        (copy / lab / "README.ru.md").write_text(text, encoding="utf-8")
    ended = start(tmp_path / "labs", "--lang", "ru", root=copy)
    assert (ended.code, ended.err) == (0, "")
    page = (tmp_path / "labs" / "lab1" / "README.ru.md").read_text("utf-8")
    catalogue = (ROOT / "common" / "grading" / "locale" / "ru.po").read_text("utf-8")
    title = re.search(r'msgid "Stdout is one line with the metric"\nmsgstr "(.+)"', catalogue)[1]
    assert page.startswith("# Лабораторная 1: погода\n\n## Задание\n\n1. Сделать всё.\n\n## Что здесь есть\n")
    assert f"| 3 | {title} |" in page
    assert "Другое" not in page
    assert "| [lab5](lab5/README.ru.md) | погода |" in (tmp_path / "labs" / "README.ru.md").read_text("utf-8")
    assert "will it freeze" in (tmp_path / "labs" / "lab1" / "README.md").read_text()


REFUSED = {
    "full": "'full' is not empty: name a new folder",
    "file": "'file' is a file: name a new folder",
    ".": "'.' is the folder that you are in: leave it, and name it from above",
    "no/labs": "'no/labs' cannot be made: there is no folder '{here}/no', make that first",
    "link": f"'link' is inside of this repository: name one beside it: '{ROOT.parent}/my-labs'",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_place_where_it_cannot_be_made_is_refused(name, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "lab1.py").touch()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(ROOT / "labs")
    here = tmp_path
    if name == ".":
        here = tmp_path / "empty"
        here.mkdir()
    before = sorted(tmp_path.rglob("*"))
    ended = start(name, cwd=here)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"start.sh: {REFUSED[name].format(here=here)}\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_nobody_can_write_to_is_named():
    ended = start("/sys/labs")  # not even root makes a folder there
    assert (ended.code, ended.out) == (1, "")
    said = "start.sh: '/sys/labs' cannot be made: .+: mend that, or name another folder\n"
    assert re.fullmatch(said, ended.err)


@pytest.mark.parametrize("arguments", [(), ("labs", "--no-such"), ("labs", "--lang", "fr"), ("a", "b")])
def test_wrong_usage_exits_with_2_and_makes_nothing(arguments, tmp_path):
    ended = start(*arguments, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: start.sh [-h] [--lang {en,ru}] DIRECTORY\n")
    assert list(tmp_path.iterdir()) == []


def tools_with(folder: Path, git_script: str | None) -> dict[str, str]:
    """Return a PATH with the tools that start.sh needs, and this git."""
    folder.mkdir()
    for name in ("bash", "dirname"):
        (folder / name).symlink_to(require(name))
    if git_script:
        (folder / "git").write_text(f"#!{require('bash')}\n{git_script}\n")
        (folder / "git").chmod(0o755)
    return {"PATH": str(folder)}


def test_without_git_it_says_what_to_install(tmp_path):
    ended = start(tmp_path / "labs", env=tools_with(tmp_path / "bin", None))
    assert (ended.code, ended.err) == (1, "start.sh: git is missing: type  sudo apt-get install git\n")
    assert not (tmp_path / "labs").exists()


def test_a_git_that_fails_is_quoted_and_leaves_nothing(tmp_path):
    env = tools_with(
        tmp_path / "bin", "echo warning >&2; echo 'fatal: unable to write new index file' >&2; exit 128"
    )
    ended = start(tmp_path / "labs", env=env)
    said = "'fatal: unable to write new index file': mend that and start again"
    assert (ended.code, ended.err) == (1, f"start.sh: git cannot make the first commit: {said}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_who_is_killed_leaves_nothing_half_made(tmp_path):
    env = tools_with(
        tmp_path / "bin", f"echo > '{tmp_path}/reached'; while :; do read -rt 1 <> <(:) || :; done"
    )
    command = [sys.executable, "-P", "-m", "common.starter.start", str(tmp_path / "labs")]
    settings = {"env": os.environ | env | {"PYTHONPATH": str(ROOT)}, "start_new_session": True}
    process = subprocess.Popen(command, **settings)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "reached").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert (tmp_path / "reached").exists()
    (left,) = set(tmp_path.iterdir()) - {tmp_path / "bin", tmp_path / "reached"}
    assert left.name.startswith(".labs.tmp-")  # git ignores it, and the next start clears it
    assert start(tmp_path / "labs").code == 0
    assert not left.exists()
    assert stat.S_IMODE((tmp_path / "labs").stat().st_mode) & stat.S_IRWXU == stat.S_IRWXU
