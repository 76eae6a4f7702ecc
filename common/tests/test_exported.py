"""An exported conveyor is found, read, and mapped from its author's machine to a copy."""

from pathlib import Path

import pytest

from common.grading.exported.batch import as_shell
from common.grading.exported.finding import find_exported
from common.grading.exported.groovytext import shell_steps, without_comments
from common.grading.exported.mapping import map_text
from common.grading.exported.ready import make_ready
from common.grading.jenkins import read_result
from common.tests.submissions.lab2 import ATTACKS, EXAMPLES


@pytest.fixture
def root(tmp_path):
    for name in ("lab2/train.py", "lab2/data_creation.py", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n")
    return tmp_path


MAPPED = {
    "cd /home/ann/MLOps/lab2 && python3 train.py": "cd @HOME@/lab2 && python3 train.py",
    "python3 /home/ann/it/lab2/train.py /home/ann/it/out.csv": "python3 @HOME@/lab2/train.py @HOME@/out.csv",
    "cd /var/lib/jenkins/workspace/job && python3 lab2/train.py": "cd @ELSE@ && python3 lab2/train.py",
    "cd ~/mlops; ls $HOME/other/data": "cd @ELSE@; ls @ELSE@/data",
    "C:/Users/ann/lab2/train.py": "@HOME@/lab2/train.py",
    ". venv/bin/activate && python train.py": ": && python train.py",
    "source /opt/venv/bin/activate\npython train.py\ndeactivate": ":\npython train.py\n:",
    "conda activate ml && python train.py": ": && python train.py",
    "/home/ann/venv/bin/python3.11 train.py": "python train.py",
    "./venv/bin/pip install numpy": "pip install numpy",
    "/usr/bin/python3 train.py; python3.9 train.py": "python train.py; python train.py",
    "git clone https://github.com/ann/labs.git": "{ [ -e labs ] || ln -s @HOME@ labs; }",
    "git clone -b dev --depth 1 git@github.com:ann/labs.git here": "{ [ -e here ] || ln -s @HOME@ here; }",
    "git clone 'https://github.com/ann/labs' .": ":",
    "git clone https://github.com/x/data.git\ncp data/iris.csv .": (
        "git clone https://github.com/x/data.git\ncp data/iris.csv ."
    ),
    "git pull origin main && python train.py": ":&& python train.py",
    "wget https://example.com/home/ann/data.csv": "wget https://example.com/home/ann/data.csv",
    'echo "$PWD/home/x" a/home/b': 'echo "$PWD/home/x" a/home/b',
    "ls /usr/share /tmp/x /etc": "ls /usr/share /tmp/x /etc",
}


@pytest.mark.parametrize("text", MAPPED)
def test_paths_environments_and_clones_are_mapped(text, root):
    assert map_text(text, root, Path("lab2")) == MAPPED[text]


def test_a_hostile_path_leads_nowhere_else(root):
    mapped = map_text("cat /home/../../etc/shadow /home/ann/../../../etc/passwd", root, Path("lab2"))
    assert mapped.startswith("cat @")


BATCH = {
    "call venv\\Scripts\\activate.bat && python lab2\\train.py": ": && python lab2/train.py",
    "@echo off\ncd /d lab2\nset A=a\\b\npython t.py %A%": ":\ncd lab2\nexport A='a/b'\npython t.py $A",
    "if not exist data mkdir data": "mkdir -p data",
    "for /f %%i in (list) do python %%i": None,
    "powershell -Command Get-Item": None,
}


@pytest.mark.parametrize("script", BATCH)
def test_simple_batch_lines_become_shell_lines(script):
    assert as_shell(script) == BATCH[script]


def test_steps_are_found_with_their_folder_and_not_in_comments():
    text = """
    // sh 'no.py'
    dir('lab2') { sh 'a.py'; dir("deep") { sh(script: \"\"\"b.py
c.py\"\"\", returnStdout: true) } }
    /* sh 'no.py' */ sh label: 'x', script: 'd.py { }'
    sh variable
    bat 'e\\\\f.py'
    """
    steps = [(step.kind, step.folder, step.script) for step in shell_steps(text)]
    assert steps == [
        ("sh", "lab2", "a.py"),
        ("sh", "lab2/deep", "b.py\nc.py"),
        ("sh", "", "d.py { }"),
        ("bat", "", "e\\f.py"),
    ]
    assert "no.py" not in without_comments(text)


KINDS = {
    "declarative": ("declarative", True),
    "scripted": ("scripted", True),
    "batch": ("declarative", True),
    "freestyle": ("shell", True),
    "inline_pipeline": ("declarative", True),
    "shell_lines": ("shell", True),
    "job_without_pipeline": ("job", True),
    "no_version_control": ("declarative", False),
    "only_a_shell_script": ("script", False),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_exported_file_is_found_whatever_its_name(name, tmp_path):
    root = EXAMPLES[name].write(tmp_path)
    first = find_exported(root, root / "lab2")[0]
    assert (first.kind, first.has_scm) == KINDS[name]


def test_a_pipeline_is_taken_before_a_job_and_a_shell_script(tmp_path):
    EXAMPLES["job_without_pipeline"].write(tmp_path)
    EXAMPLES["only_a_shell_script"].write(tmp_path)
    EXAMPLES["declarative"].write(tmp_path)
    kinds = [one.kind for one in find_exported(tmp_path, tmp_path / "lab2")]
    assert kinds == ["declarative", "job", "script"]


def test_a_job_with_entities_is_not_read(tmp_path):
    (tmp_path / "config.xml").write_text('<!DOCTYPE a [<!ENTITY x "y">]><project>&x;</project>')
    (tmp_path / "broken.xml").write_text("<project>")
    assert find_exported(tmp_path, tmp_path) == []


def test_a_russian_machines_file_is_read(tmp_path):
    text = "pipeline { agent any }  // конвейер\n"
    for name, encoding in (("a", "utf-16"), ("b", "cp1251"), ("c", "utf-8-sig")):
        (tmp_path / name).write_bytes(text.replace("pipeline", "\r\npipeline").encode(encoding))
    assert [one.kind for one in find_exported(tmp_path, tmp_path)] == ["declarative"] * 3


def test_a_freestyle_builder_with_a_first_line_of_its_own_goes_on(tmp_path):
    root = EXAMPLES["freestyle"].write(tmp_path)
    exported = find_exported(root, root / "lab2")[0]
    assert exported.text.startswith("(set -e\ncd lab2\npython3 data_creation.py\n)\n(set -e\n")
    ready = make_ready(exported, root, Path("lab2"))
    assert ready.text.startswith("set -e\n(")
    assert "python3 model_testing.py" in ready.order


def test_a_result_is_the_last_line_or_none():
    assert read_result('a\nb\n{"status": "SUCCESS"}\n') == ({"status": "SUCCESS"}, "a\nb\n")
    for last in ("", "{", "[]", '{"status": 3}', "[" * 100_000, '"x"'):
        assert read_result(f"a\n{last}") == (None, f"a\n{last}")


def test_names_of_examples_and_attacks_do_not_meet():
    assert set(EXAMPLES) & set(ATTACKS) == set()
    assert len(EXAMPLES) >= 12
    assert len(ATTACKS) >= 8
