"""What in a folder speaks for a lab: a few files that only this lab has, each with a weight."""

import re
from pathlib import Path

from common.grading.opening.decoding import decode

STAGE_NAMES = {
    "data_creation.py": "data_creation",
    "data_preprocessing.py": "data_preprocessing",
    "model_preprocessing.py": "data_preprocessing",  # the older edition's name
    "model_preparation.py": "model_preparation",
    "model_testing.py": "model_testing",
}
PIPELINE_NAMES = ("pipeline.sh", "pipline.sh", "pipeline", "run_pipeline.sh", "run.sh", "start.sh", "main.sh")

TEXT_BYTES = 20_000  # enough of a script to know what it is
NOTEBOOK_BYTES = 1 << 20  # pictures of results stand between its cells
STRONG = 6  # one file that only this lab has, or a pipeline with a stage


def hints_in(folder: Path, files: list[str], number: int) -> dict[str, int]:
    """Return what in `folder` speaks for lab `number`: hint and weight; empty files and stubs say nothing."""
    hints: dict[str, int] = {}
    for name in files:
        path, low = folder / name, name.lower()
        if path.is_symlink() or not path.is_file() or not path.stat().st_size:
            continue
        content = ""
        if low.endswith((".py", ".sh", ".xml", ".ipynb")) or re.search(
            "^[^.]+$|jenkins|docker|readme|pipeline", low
        ):
            with path.open("rb") as file:
                content = decode(file.read(NOTEBOOK_BYTES if low.endswith(".ipynb") else TEXT_BYTES))
        if not _is_stub(content, low) or low.endswith((".ipynb", ".dvc")):
            hints |= HINTS.get(number, _other)(low, content)
    if number == 4 and (folder / ".dvc" / "config").is_file():
        hints["dvc folder"] = 2  # often in the root for the sake of lab4/
    return hints


def _is_stub(content: str, name: str) -> bool:
    """Tell the template's files: nothing but comments, or a pipeline that only says Hello world."""
    if name.endswith((".yml", ".yaml")):
        return False
    lines = [line for line in content.splitlines() if line.strip() and not line.strip().startswith("#")]
    if "jenkins" in name or "pipeline {" in content:
        return not lines or (len(lines) < 20 and "hello world" in content.lower() and " sh " not in content)
    return not lines and (name.endswith((".py", ".sh")) or "." not in name or "docker" in name)


def _lab1(name: str, content: str) -> dict[str, int]:
    hints = {"script": 1} if name.endswith((".py", ".sh")) else {}
    if name in STAGE_NAMES:
        hints[STAGE_NAMES[name]] = 2
    if name in PIPELINE_NAMES and re.search(r"python|\.py\b", content):
        hints["pipeline"] = 4
    return hints


def _lab2(name: str, content: str) -> dict[str, int]:
    hints = {"script": 1} if name.endswith((".py", ".sh")) else {}
    written = re.search(r"pipeline\s*\{|node\s*[({]|<flow-definition|<project>|<builders>", content)
    if ("jenkins" in name or written) and not name.endswith((".png", ".jpg", ".jpeg", ".md")):
        hints["jenkins"] = STRONG
    return hints


def _lab3(name: str, content: str) -> dict[str, int]:
    hints = {"script": 1} if name.endswith(".py") else {}
    if name.startswith("dockerfile") or name.endswith(".dockerfile"):
        hints["docker"] = STRONG - 1  # with a script beside it
    if re.fullmatch(r"(docker-)?compose.*\.ya?ml", name):
        hints["compose"] = 2
    if re.search("streamlit|fastapi|flask", content):
        hints["service"] = 2
    return hints


def _lab4(name: str, content: str) -> dict[str, int]:
    hints = {"script": 1} if name.endswith((".py", ".sh", ".ipynb")) else {}
    if name.endswith(".dvc") or name in ("dvc.yaml", "dvc.lock"):
        hints["dvc"] = STRONG
    if name.startswith("readme") and "dvc" in content.lower():
        hints["report"] = 1
    return hints


def _lab5(name: str, content: str) -> dict[str, int]:
    hints = {"script": 1} if name.endswith(".py") else {}
    if name.endswith(".ipynb"):
        hints["notebook"] = STRONG if "pytest" in content else STRONG - 2
    if name.endswith(".py") and "pytest" in content + name.replace("test_", "pytest"):
        hints["tests"] = 2
    return hints


def _other(name: str, _content: str) -> dict[str, int]:
    """Tell of a lab that has no hints of its own: it is found by its folder's name alone."""
    return {"script": 1} if name.endswith((".py", ".sh", ".ipynb")) else {}


HINTS = {1: _lab1, 2: _lab2, 3: _lab3, 4: _lab4, 5: _lab5}
