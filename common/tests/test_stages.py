"""What is what in a lab1: the pipeline, the stages, and where to run it from."""

import time
from pathlib import Path

import pytest

from common.grading.stages import Layout, read_layout
from common.tests.submissions import EXAMPLES

STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")
NAMES = tuple(f"{stage}.py" for stage in STAGES)


def layout(root: Path, pipeline: str | bytes, *scripts: str, name: str = "pipeline.sh") -> Layout:
    for script in scripts:
        (root / "lab1" / script).parent.mkdir(parents=True, exist_ok=True)
        (root / "lab1" / script).write_text("x = 1\n")
    (root / "lab1" / name).parent.mkdir(parents=True, exist_ok=True)
    (root / "lab1" / name).write_bytes(pipeline if isinstance(pipeline, bytes) else pipeline.encode())
    return read_layout(root, root / "lab1")


def stages(found: Layout) -> list[str | None]:
    return [file and file.relative_to("lab1").as_posix() for file in found.stages.values()]


def test_textbook(tmp_path):
    found = read_layout(EXAMPLES["textbook"].write(tmp_path), Path("lab1"))
    assert found == Layout(
        folder=Path("lab1"),
        pipeline=Path("lab1/pipeline.sh"),
        stages={stage: Path(f"lab1/{stage}.py") for stage in STAGES},
        named=frozenset(STAGES),
        run_from=Path("lab1"),
        crlf=False,
        empty=(),
        notes=(),
        order=tuple(Path(f"lab1/{stage}.py") for stage in STAGES),
    )


def test_the_older_editions_name(tmp_path):
    found = read_layout(EXAMPLES["older_edition"].write(tmp_path), tmp_path / "lab1")
    assert found.stages["data_preprocessing"] == Path("lab1/model_preprocessing.py")
    assert found.named == set(STAGES)


OTHERS = ("get.py", "clean.py", "fit.py", "check.py")


@pytest.mark.parametrize(
    "pipeline",
    [
        "python get.py\npython clean.py\npython fit.py\npython check.py\n",
        "python3 ./get.py; python3 clean.py && python3 fit.py | cat\nACC=$(python3 check.py)\necho $ACC\n",
        "chmod +x check.py fit.py\n./get.py\n./clean.py\n./fit.py\n./check.py\n",
        'DIR="$(cd "$(dirname "$0")" && pwd)"\n'
        + "".join(f'"$PYTHON" "$DIR/{n}"\n' for n in ("get.py", "clean.py", "fit.py", "check.py")),
        "# python check.py\necho 'now fit.py'\nfor s in get clean fit check; do python3 $s.py; done\n",
        's=(get.py\n   clean.py\n   fit.py check.py)\nfor x in "${s[@]}"; do python "$x"; done\n',
        "source ../common/environment.sh\npython -m common.pipeline get.py clean.py \\\n  fit.py check.py\n",
        "if python3 get.py\nthen python3 clean.py\nfi\nsudo python3 -W ignore fit.py >a\npython check.py\n",
        'source ../common/environment.sh\npython -P -m common.pipeline "$lab"/{get,clean,fit,check}.py\n',
        "cd lab1\npython -m get\npython -m clean\npython -m fit\npython -m check\n",
        "python get.py\r\npython clean.py\r\npython fit.py\r\npython check.py\r\n",
        b"\xff\xfe" + "python get.py\npython clean.py\npython fit.py\npython check.py\n".encode("utf-16-le"),
    ],
)
def test_other_names_by_the_order_of_runs(tmp_path, pipeline):
    found = layout(tmp_path, pipeline, *OTHERS, "zzz_not_run.py")
    assert stages(found) == ["get.py", "clean.py", "fit.py", "check.py"]
    assert found.named == set()
    assert found.notes[0] == "data_creation is taken to be 'get.py', which the pipeline runs"


def test_one_other_name_among_four(tmp_path):
    pipeline = (
        "python data_creation.py\npython scale.py\npython model_preparation.py\npython model_testing.py\n"
    )
    found = layout(
        tmp_path, pipeline, "data_creation.py", "scale.py", "model_preparation.py", "model_testing.py"
    )
    assert stages(found)[1] == "scale.py"
    assert found.named == set(STAGES) - {"data_preprocessing"}


def test_five_scripts_by_their_words(tmp_path):
    names = ("download.py", "split.py", "preprocess.py", "train_model.py", "evaluate.py")
    found = layout(tmp_path, "".join(f"python {name}\n" for name in names), *names)
    assert stages(found) == ["download.py", "preprocess.py", "train_model.py", "evaluate.py"]


def test_scripts_in_src(tmp_path):
    found = layout(
        tmp_path, "cd src\n" + "".join(f"python {n}\n" for n in NAMES), *(f"src/{n}" for n in NAMES)
    )
    assert stages(found) == [f"src/{name}" for name in NAMES]
    assert found.named == set(STAGES)
    assert found.run_from == Path("lab1")


def test_the_copy_that_is_run_counts(tmp_path):
    found = layout(tmp_path, "python new/data_creation.py\n", "data_creation.py", "new/data_creation.py")
    assert stages(found) == ["new/data_creation.py", None, None, None]


def test_a_script_that_runs_the_script(tmp_path):
    (tmp_path / "lab1/scripts").mkdir(parents=True)
    (tmp_path / "lab1/scripts/all.sh").write_text("".join(f"python {n}\r\n" for n in OTHERS))
    found = layout(tmp_path, "bash scripts/all.sh\n", *OTHERS)
    assert stages(found) == list(OTHERS)
    assert found.crlf


@pytest.mark.parametrize(
    "name", ["pipline.sh", "pipeline", "run.sh", "scripts/pipeline.sh", "Pipeline.sh", "go.sh"]
)
def test_names_of_the_pipeline(tmp_path, name):
    found = layout(tmp_path, "".join(f"python {n}\n" for n in NAMES), *NAMES, name=name)
    assert found.pipeline == Path("lab1", name)
    assert found.run_from == Path("lab1")


def test_the_assignments_name_before_another(tmp_path):
    layout(tmp_path, "python a.py\n", name="run.sh")
    found = layout(tmp_path, "python data_creation.py\n", "data_creation.py")
    assert found.pipeline == Path("lab1/pipeline.sh")
    assert found.notes == ("other pipelines, not run: lab1/run.sh",)


def test_pipeline_that_runs_from_the_root(tmp_path):
    found = layout(tmp_path, "".join(f"python lab1/{n}\n" for n in NAMES), *NAMES)
    assert found.run_from == Path()
    assert found.named == set(STAGES)


def test_a_script_found_from_the_root_does_not_make_it_the_place(tmp_path):
    (tmp_path / "common").mkdir()
    (tmp_path / "common/environment.sh").write_text("export A=1\n")
    found = layout(
        tmp_path, 'source "$(dirname "$0")/../common/environment.sh"\npython data_creation.py\n', *NAMES
    )
    assert found.run_from == Path("lab1")


def test_empty_files_are_no_files(tmp_path):
    found = layout(tmp_path, "", *NAMES[:3])
    (tmp_path / "lab1/model_testing.py").touch()
    found = read_layout(tmp_path, tmp_path / "lab1")
    assert found.pipeline is None
    assert found.stages["model_testing"] is None
    assert found.empty == (Path("lab1/model_testing.py"), Path("lab1/pipeline.sh"))


def test_windows_line_ends(tmp_path):
    assert layout(tmp_path, "python a.py\r\n").crlf
    assert not layout(tmp_path, "python a.py\n").crlf


def test_empty_folder(tmp_path):
    found = read_layout(tmp_path, tmp_path)
    assert (found.folder, found.pipeline, stages(found)) == (Path(), None, [None] * 4)


@pytest.mark.parametrize(
    "noise", ["a", "{a,", "{", "=(", "${", "$(", "$()", "a/", "x='", "`", "for a in ", "python x.py\n"]
)
def test_a_hostile_script_is_read_in_a_moment(tmp_path, noise):
    start = time.monotonic()
    layout(tmp_path, noise * 100_000)
    assert time.monotonic() - start < 5  # measured 0.2 s; a pattern that backtracks takes minutes


def test_scripts_that_call_each_other_end(tmp_path):
    layout(tmp_path, "bash b.sh\nbash pipeline.sh\n", name="a.sh")
    layout(tmp_path, "bash a.sh\npython get_data.py\n", "get_data.py", name="b.sh")
    found = layout(tmp_path, "bash a.sh\n")
    assert stages(found)[0] == "get_data.py"
