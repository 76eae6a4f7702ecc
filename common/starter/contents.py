"""What is handed out: the table of scripts, and every other file of the empty workbook."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from common.grading.report import LABS
from common.starter.packages import pins
from common.starter.pages import Page, front_page, lab_page
from common.starter.scripts import hand_out
from common.starter.task import Task, read_task

ROOT = Path(__file__).resolve().parents[2]
SKELETON = Path(__file__).with_name("skeleton")  # laid out as it is handed out; dot_ begins a name with a dot
WORKFLOW = ROOT / "common" / "grading" / "student_workflow.yml"  # grades the student's repository on a push
PIPELINES = ("lab1", "lab3")  # lab 2's scripts are chained by its Jenkinsfile, lab 4's by DVC


@dataclass(frozen=True)
class Script:
    """A script of a lab that is handed out without its solution."""

    path: str
    steps: tuple[int, ...]  # of the task in the lab's README: what main() is to do
    keep: tuple[str, ...] = ()  # constants, and functions whose bodies are to be written
    paragraphs: int = 0  # of the docstring, below the command: those that are the task and not our way


SCRIPTS = (
    Script("lab1/data_creation.py", (1,), ("TEST_EVERY", "create_stations")),
    Script("lab1/data_preprocessing.py", (2,), ("FREEZING_C", "label_days"), paragraphs=1),
    Script("lab1/model_preparation.py", (3,), ("LABEL", "read_days", "fit_classifier")),
    Script("lab1/model_testing.py", (4,), ("LABEL",), paragraphs=1),
    Script("lab2/data_creation.py", (2,), ("builtin_measurements",)),
    Script("lab2/data_preprocessing.py", (3,), ("TEST_SHARE", "drop_repeated")),
    Script("lab2/model_preparation.py", (4,)),
    Script("lab2/model_testing.py", (5,)),
    Script("lab3/data_creation.py", (1,), ("TEST_SHARE", "split_passengers")),
    Script("lab3/data_preprocessing.py", (1,), ("prepare_passengers",)),
    Script("lab3/model_preparation.py", (1,)),
    Script("lab3/model_testing.py", (1,)),
    Script("lab3/service.py", (1, 3)),
    Script("lab4/data_creation.py", (2,)),
    Script("lab4/data_preprocessing.py", (3,)),
)


def empty_workbook(languages: tuple[str, ...]) -> dict[str, str]:
    """Return every file of it, path and text; LabError where a lab has no README in a language."""
    tasks = {lab: read_task(lab, "en") for lab in LABS}
    files = {
        ".gitattributes": (ROOT / ".gitattributes").read_text("utf-8"),
        ".github/workflows/grade.yml": WORKFLOW.read_text("utf-8"),
        "requirements.txt": pins(LABS),
        "lab3/requirements.txt": pins(("lab3",)),
        "lab5/lab5.ipynb": notebook(tasks["lab5"]),
    }
    for path in sorted(SKELETON.rglob("*")):
        if path.is_file():
            name = path.relative_to(SKELETON).as_posix().replace("dot_", ".")
            files[name] = path.read_text("utf-8")
    for script in SCRIPTS:
        task = tasks[script.path.partition("/")[0]]
        todo = [task.steps[step] for step in script.steps]
        files[script.path] = hand_out(ROOT / script.path, script.path, script.keep, todo, script.paragraphs)
    for lab in PIPELINES:
        files[f"{lab}/pipeline.sh"] = pipeline((ROOT / lab / "pipeline.sh").read_text("utf-8"))
    for language in languages:
        page = Page(language, files)
        for lab in LABS:
            files[f"{lab}/{page.name}"] = lab_page(page, read_task(lab, language))
        files[page.name] = front_page(page)
    return files


def pipeline(ours: str) -> str:
    """Return a lab's pipeline without our environment: its first lines, and its stages one after another."""
    stages = re.search(r"\{([\w,]+)\}\.py", ours)[1].split(",")
    runs = "".join(f"python3 {stage}.py\n" for stage in stages)
    return ours[: ours.index("# shellcheck")] + 'cd "$(dirname "$0")"\n' + runs


def notebook(task: Task) -> str:
    """Return a notebook with a heading for each step of the task, and a cell to be written below it."""
    cells = [{"cell_type": "markdown", "source": f"# {task.title}"}]
    for number, step in task.steps.items():
        cells.append({"cell_type": "markdown", "source": f"## {number}. {step}"})
        todo = f'raise NotImplementedError("step {number} is not written yet")  # TODO'
        cells.append({"cell_type": "code", "source": todo, "execution_count": None, "outputs": []})
    cells = [cell | {"id": f"cell-{index}", "metadata": {}} for index, cell in enumerate(cells)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
