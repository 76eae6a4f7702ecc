"""Finding a lab's folder whatever its name."""

from pathlib import Path

import pytest

from common.grading.report import LABS
from common.grading.submission import find_lab

STAGES = ("data_creation.py", "data_preprocessing.py", "model_preparation.py", "model_testing.py")
JENKINS = "pipeline {\n  agent any\n  stages { stage('a') { steps { sh 'python a.py' } } }\n}\n"
HELLO = "pipeline {\n agent any\n stages {\n stage('Hello') {\n steps {\n echo 'Hello World'\n }}}}\n"


def build(root: Path, *names: str, **contents: str) -> Path:
    """Write a lab1 in each folder that ends with /, and other files with something in them."""
    for name in names:
        for file in (*STAGES, "pipeline.sh") if name.endswith("/") else ("",):
            path = root / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("python3 data_creation.py\n" if name.endswith("/") else "x = 1\n")
    for name, content in contents.items():
        (root / name.replace("__", "/")).parent.mkdir(parents=True, exist_ok=True)
        (root / name.replace("__", "/")).write_text(content)
    return root


def found(root: Path, lab: str = "lab1") -> str | None:
    folder = find_lab(root, lab)
    return None if folder is None else folder.relative_to(root).as_posix()


@pytest.mark.parametrize(
    "name",
    [
        *("lab1", "Lab1", "LAB1", "lab_1", "lab 1", "lab-1", "lab01", "hw1", "HW_1", "homework_1", "task1"),
        *(
            "lab1/Lab 1 Group4",
            "LAB_1/lab1",
            "module_1",
            "Module 1/lab1",
            "1_lab",
            "mlops_lab1_ivanov",
            "practice_1",
        ),
        *("лаба1", "лр1", "ЛР №1", "Лабораторная работа 1", "лабораторная_работа_1", "дз1", "Модуль 1"),  # noqa: RUF001
        *(".", "project", "my project/code"),
    ],
)
def test_names(tmp_path, name):
    assert found(build(tmp_path, f"{name}/")) == name


def test_the_number_is_the_whole_number(tmp_path):
    build(tmp_path, "lab12/", "lab2/")
    assert found(tmp_path) is None
    assert found(tmp_path, "lab2") == "lab2"


def test_the_stages_decide_between_candidates(tmp_path):
    build(tmp_path, "old/lab1/pipeline.sh", "lab1/notes.py", "hw1/")
    assert found(tmp_path) == "hw1"


def test_the_better_name_decides_between_equals(tmp_path):
    assert found(build(tmp_path, "lab1/", "hw1/", "backup/lab1/", "lab2/lab1/")) == "lab1"


def test_a_copy_inside_does_not_hide_the_lab(tmp_path):
    assert found(build(tmp_path, "lab1/", "lab1/lab1_old/")) == "lab1"


def test_scripts_below_belong_to_the_lab(tmp_path):
    build(
        tmp_path, *(f"lab1/src/{stage}" for stage in STAGES), lab1__pipeline="python3 src/data_creation.py\n"
    )
    assert found(tmp_path) == "lab1"


def test_root_beside_other_labs(tmp_path):
    build(tmp_path, *STAGES, "lab2/Jenkinsfile", pipeline="python3 data_creation.py\n")
    (tmp_path / "pipeline").rename(tmp_path / "pipeline.sh")
    assert found(tmp_path) == "."
    assert found(tmp_path, "lab2") == "lab2"


def test_another_labs_scripts_are_not_lab1(tmp_path):
    build(tmp_path, "lab2/", "lab1/README.md")
    assert found(tmp_path) is None


def test_each_lab_by_what_it_holds(tmp_path):
    build(
        tmp_path,
        "first/",
        "b/Dockerfile",
        "b/app.py",
        "c/data.csv.dvc",
        e__Jenkinsfile=JENKINS,
    )
    (tmp_path / "d").mkdir()
    (tmp_path / "d/quality.ipynb").write_text('{"source": ["!pytest -q"]}')
    places = [found(tmp_path, f"lab{number}") for number in (1, 2, 3, 4, 5)]
    assert places == ["first", "e", "b", "c", "d"]


def test_each_lab_by_its_name(tmp_path):
    build(
        tmp_path,
        "Lab3/Dockerfile",
        "lab4_dvc/train.csv.dvc",
        "lab6/lab.ipynb",
        LAB_2__jenkins_pipeline=JENKINS,
    )
    assert [found(tmp_path, f"lab{n}") for n in (2, 3, 4, 5)] == ["LAB_2", "Lab3", "lab4_dvc", "lab6"]


def test_lab5_is_before_lab6_for_lab5(tmp_path):
    build(tmp_path, "lab5/a.ipynb", "lab6/b.ipynb")
    assert found(tmp_path, "lab5") == "lab5"


def test_a_sixth_lab_is_found_by_its_name_and_is_not_lab5(tmp_path, monkeypatch):
    monkeypatch.setattr("common.grading.opening.finding.LABS", (*LABS, "lab6"))
    build(tmp_path, "lab6/a.ipynb", "module 6/b.ipynb", "lab1/")
    assert [found(tmp_path, lab) for lab in ("lab6", "lab5", "lab1")] == ["lab6", "module 6", "lab1"]
    assert found(tmp_path / "lab1", "lab6") is None


def test_lab6_without_a_notebook_is_not_lab5(tmp_path):
    assert found(build(tmp_path, "lab6/app.py"), "lab5") is None


def test_a_dvc_folder_in_the_root_serves_lab4(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n")
    assert found(build(tmp_path, "lab4/src/build_dataset.py", "lab1/"), "lab4") == "lab4"


def test_a_notebook_somewhere_is_not_lab5(tmp_path):
    assert found(build(tmp_path, "scripts/explore/a.ipynb", "lab1/"), "lab5") is None


def test_the_number_of_a_team_is_no_lab(tmp_path):
    assert found(build(tmp_path, "practice_13/")) == "practice_13"


def test_the_final_project_is_no_lab(tmp_path):
    assert found(build(tmp_path, "final/Dockerfile", "final/app.py"), "lab3") is None


@pytest.mark.parametrize("lab", ["lab1", "lab2", "lab3", "lab4", "lab5"])
def test_stubs_of_the_template_are_not_submitted(tmp_path, lab):
    build(tmp_path, lab2__jenkins_pipeline=HELLO, lab1__pipeline="", lab3__dockerfile="", lab4__readme="")
    (tmp_path / "lab1/pipeline").rename(tmp_path / "lab1/pipeline.sh")
    (tmp_path / "lab4/1.png").write_bytes(b"\x89PNG")
    assert found(tmp_path, lab) is None
