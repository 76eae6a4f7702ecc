"""What can go wrong with a run of the notebook: one line that names it, exit 1, and the old data stay."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.tests.tools import ROOT, hash_files, require, run_command

LAB = ROOT / "lab5"
STAGE = LAB / "run_notebook.py"
SMALLEST = "import os; os.mkdir('data'); print('Model test R2 is: 0.9')"
MUCH = "open('data/much.csv', 'w').write('0' * 1_000_000);"


def write_notebook(path: Path, *sources: str) -> Path:
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    cells = [cell | {"id": f"c{number}", "source": source} for number, source in enumerate(sources)]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def execute(folder, notebook, *options, wrapper=()):
    return run_command(*wrapper, sys.executable, STAGE, "--folder", folder, "--notebook", notebook, *options)


@pytest.fixture
def filled(tmp_path):
    """Return a folder with data of an earlier run."""
    folder = tmp_path / "lab"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "clean_1.csv").write_text("x,y\n0,0\n")
    return folder


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (
            ("1", "import nothing_like_it"),
            "cell In [2] of the notebook failed: ModuleNotFoundError: No module named",
        ),
        (
            ("assert False, 'unexpected: a'",),
            "cell In [1] of the notebook failed: AssertionError: unexpected: a: mend",
        ),
        (
            ("raise OSError(28, 'No space left on device')",),
            "failed: OSError: [Errno 28] No space left on device",
        ),
        (("import os", "os._exit(1)"), "cell In [2] of the notebook failed: the kernel died"),
        (("1 +",), "cell In [1] of the notebook failed: SyntaxError: invalid syntax"),
        (("1",), "the notebook printed 0 lines 'Model test R2 is: …': print it once"),
        (("print('Model test R2 is: 0.9\\n' * 2)",), "the notebook printed 2 lines 'Model test R2 is: …'"),
        (
            ("print('Model test R2 is: 0.9')",),
            "the notebook wrote no folder 'data': write the datasets there",
        ),
    ],
)
def test_a_notebook_that_does_not_do_it_is_one_line(filled, tmp_path, sources, message):
    before = hash_files(filled)
    ended = execute(filled, write_notebook(tmp_path / "a.ipynb", *sources))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("run_notebook.py: ")
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert hash_files(filled) == before


def test_a_cell_that_never_ends_is_stopped(filled, tmp_path):
    notebook = write_notebook(tmp_path / "a.ipynb", "import time", "time.sleep(600)")
    ended = execute(filled, notebook, "--cell-limit", 1)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "run_notebook.py: cell In [2] of the notebook failed: not done after '1' s, see --cell-limit: "
        "mend it and run this again\n"
    )


@pytest.mark.parametrize(
    "content", [b"{", b"{}", b"[]", b"\xff\xfe", b'{"nbformat": 4, "nbformat_minor": 5, "cells": 1}']
)
def test_what_is_not_a_notebook_is_named(filled, tmp_path, content):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    ended = execute(filled, path)
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(
        rf"run_notebook.py: '{path}' is not a notebook \(.+\): type  git checkout '{path}'\n", ended.err
    )


def test_a_missing_kernel_package_is_named_with_the_command_that_installs_it(filled, tmp_path):
    (tmp_path / "run.py").write_text(
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'ipykernel' else find(name)\n"
        f"sys.argv = ['{STAGE}', '--folder', '{filled}']\n"
        f"runpy.run_path('{STAGE}', run_name='__main__')\n"
    )
    ended = run_command(sys.executable, tmp_path / "run.py")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "run_notebook.py: the package 'ipykernel' is missing: "
        f"type  {sys.executable} -m pip install ipykernel\n"
    )


@pytest.mark.thorough
def test_clean_data_in_the_noisy_ones_place_are_an_unexpected_outcome(tmp_path):
    notebook = json.loads((LAB / "lab5.ipynb").read_text())
    [cell] = [cell for cell in notebook["cells"] if cell["id"] == "data"]
    source = "".join(cell["source"])
    clean = 'drawn["noisy"] = draw_clean(rng, 1)'
    cell["source"] = source.replace('drawn["noisy"] = double_stretch(draw_clean(rng, 1))', clean)
    assert clean in cell["source"]
    changed = tmp_path / "a.ipynb"
    changed.write_text(json.dumps(notebook))
    ended = execute(tmp_path / "lab", changed)
    assert (ended.code, ended.out) == (1, "")
    names = re.findall(r"test_statistic\[noisy-(\w+)\] passed", ended.err)
    assert set(names) == {
        "gain_over_mean",
        "goldfeld_quandt",
        "kolmogorov_smirnov",
        "line_distance",
        "longest_run",
        "outlier_share",
        "r2",
        "rmse",
        "variance_ratio",
    }
    assert "failed: AssertionError: unexpected: test_statistic[noisy-" in ended.err
    assert not (tmp_path / "lab" / "data").exists()


def test_a_read_only_folder_is_named_before_anything_runs(filled):
    wrapper = (require("bwrap"), "--dev-bind", "/", "/", "--ro-bind", filled, filled)
    ended = run_command(*wrapper, sys.executable, STAGE, "--folder", filled)
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(
        rf"run_notebook.py: cannot write '{filled}/\S+': Read-only file system: mend that, or use --folder\n",
        ended.err,
    )


def test_a_full_disk_is_named(filled, tmp_path):
    wrapper = (require("bwrap"), "--dev-bind", "/", "/", "--size", 16 * 1024, "--tmpfs", filled)
    ended = execute(filled, write_notebook(tmp_path / "a.ipynb", SMALLEST, MUCH), wrapper=wrapper)
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(r"run_notebook.py: cannot write.*: No space left on device: mend that.*\n", ended.err)


def test_a_run_needs_no_network_at_all(tmp_path):
    wrapper = (require("bwrap"), "--dev-bind", "/", "/", "--unshare-net")
    ended = execute(tmp_path, write_notebook(tmp_path / "a.ipynb", SMALLEST), wrapper=wrapper)
    assert (ended.code, ended.out, ended.err) == (0, "Model test R2 is: 0.900\n", "")


def test_a_killed_run_takes_its_kernel_along_and_leaves_the_data(filled, tmp_path):
    told = tmp_path / "pid"
    source = f"import os, pathlib, time; pathlib.Path('{told}').write_text(str(os.getpid())); time.sleep(600)"
    notebook = write_notebook(tmp_path / "a.ipynb", source)
    before = hash_files(filled)
    pipeline = [sys.executable, "-P", "-m", "common.pipeline", STAGE]
    process = subprocess.Popen([*pipeline, "--folder", filled, "--notebook", notebook])
    while not (told.exists() and told.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    kernel = Path("/proc", told.read_text())
    deadline_s = time.monotonic() + 30
    while kernel.exists() and "Z" not in (kernel / "stat").read_text().split():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    assert {path: sha for path, sha in hash_files(filled).items() if not path.startswith(".")} == before


def test_wrong_usage_is_2():
    ended = run_command(sys.executable, STAGE, "--cell-limit", 0)
    assert ended.code == 2
    assert "'0' is not a whole number: give 1 or more" in ended.err
