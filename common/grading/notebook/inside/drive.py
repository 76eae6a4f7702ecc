"""Runs in the box: executes a notebook, or pytest on the files it wrote, and prints what was seen as JSON.

    python -I -c <this> JOB

What it prints is its own: no other process of the box can open its stdout or its memory. What it reports of
the kernel and of pytest was told by processes in which the submission's code runs, and may be forged: so it
is evidence, and what proves anything is that the tests react to data which were swapped from outside.
"""

import contextlib
import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PR_SET_DUMPABLE = 4  # linux/prctl.h: with 0, /proc/<this>/fd and /proc/<this>/mem are root's
LOOK_S = 8
TIME_OUT = "CellTimeout"
LOOKS = 3  # a kernel that was interrupted drops what it is asked at once
COLAB = re.compile(r"/content(?:/g?drive(?:/My ?Drive)?)?(?=[/\"'\s]|$)")
COMMENTS_BEFORE_MAGIC = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)+(?=%%\w)")
LOOK = "import workbook_look as _l; _l.dump(dict(globals()), {path!r}); del _l"


def main() -> None:
    file = Path(sys.argv[1])
    job = json.loads(file.read_text("utf-8"))
    file.unlink()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    answer = os.dup(1)  # closed in every child
    silence = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(silence, number)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tests").mkdir()
        for script, source in job["scripts"].items():
            (folder / script).write_text(source, "utf-8")
        (folder / "swaps.json").write_text(json.dumps(job["swaps"]), "utf-8")
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
        os.environ |= {
            "PYTHONPATH": path,
            "PYTHONHASHSEED": "0",
            "PYTEST_PLUGINS": "workbook_tests",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "WORKBOOK_SEEN": str(folder),
            "MPLBACKEND": "agg",
            "JUPYTER_PLATFORM_DIRS": "1",
        }
        if job["colab"]:
            os.environ["WORKBOOK_COLAB"] = "1"
        result = run_pytest(job) if job["notebook"] is None else run_notebook(job, folder)
        result["tests"] = [read_records(file) for file in sorted((folder / "tests").iterdir())]
        result["memory"] += [read_json(file) for file in sorted(folder.glob("memory-*.json"))]
    with os.fdopen(answer, "w", encoding="utf-8") as file:
        json.dump(result, file)


def run_pytest(job: dict) -> dict:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *job["pytest"]]
    try:
        code = subprocess.run(command, check=False, timeout=job["whole_s"]).returncode
    except subprocess.TimeoutExpired:
        code = None
    return {"ended": "", "code": code, "memory": []}


def run_notebook(job: dict, folder: Path) -> dict:
    # Here, and not above: with them pytest alone would start half a second later.
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    class Client(NotebookClient):
        """Keeps no output but its size: 100 MB of it are no reason to fall."""

        printed = 0

        def output(self, outs: list, msg: dict, display_id: str, cell_index: int) -> None:  # noqa: ARG002
            content = msg["content"]
            self.printed += len(str(content.get("text") or content.get("data") or ""))

    notebook = nbformat.read(job["notebook"], as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = COMMENTS_BEFORE_MAGIC.sub("", cell.source)
            if job["colab"]:
                cell.source = COLAB.sub(str(Path.cwd()), cell.source)
    result = {"ended": "", "cell": 0, "error": "", "line": "", "memory": []}
    client = Client(notebook, kernel_name="python3", startup_timeout=60, iopub_timeout=20)
    client.interrupt_on_timeout = True
    deadline = time.monotonic() + job["whole_s"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    alive = True
    with client.setup_kernel(cwd=str(Path.cwd()), **quiet):
        try:
            for index, cell in enumerate(list(notebook.cells)):
                result["cell"] = index + 1
                client.timeout = max(1, int(min(job["cell_s"], deadline - time.monotonic())))
                said = {"ename": TIME_OUT, "evalue": str(client.timeout), "traceback": []}
                client.error_on_timeout = said
                client.execute_cell(cell, index)
            result["cell"] = 0
        except CellExecutionError as error:
            how = "time" if error.ename == TIME_OUT else "error"
            result |= {"ended": how, "error": error.ename, "line": error.evalue[:500]}
        except DeadKernelError:
            result |= {"ended": "dead"}
            alive = False
        if alive:
            look = nbformat.v4.new_code_cell(LOOK.format(path=str(folder / "memory-kernel.json")))
            notebook.cells.append(look)
            client.timeout = LOOK_S
            for _ in range(LOOKS):
                with contextlib.suppress(CellExecutionError, DeadKernelError):
                    client.execute_cell(look, len(notebook.cells) - 1)
                if any(folder.glob("memory-kernel.json")):
                    break
                time.sleep(0.5)
    result["printed"] = client.printed
    return result


def read_records(file: Path) -> list:
    """Return what one session of pytest told, a line for each thing."""
    lines = file.read_text("utf-8", "replace").splitlines()
    return [record for line in lines if isinstance(record := as_json(line), dict)]


def read_json(file: Path) -> object:
    return as_json(file.read_text("utf-8", "replace"))


def as_json(content: str) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


if __name__ == "__main__":
    main()
