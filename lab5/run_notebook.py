"""Executes the notebook from a clean start and prints the R2 that it shows, one line.

    python lab5/run_notebook.py

It runs in a scratch folder with settings of its own. When every cell has run well, and the last ones judge
the outcome of the tests, data/ is replaced: the datasets, model.json, and lab5.ipynb with its outputs.
"""

import os
import re
import shutil
import sys
import tempfile
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from common.atomic import replace_folder
from common.files import read_bytes
from common.stage import LabError, parser, print_metric, run, whole_number

CELL_LIMIT_S = 120  # the slowest cell takes a few seconds
PACKAGES = ("nbformat", "nbconvert", "ipykernel")  # imported late: what is missing gets a message
METRIC_LINE = re.compile(r"^Model test R2 is: (-?\d+\.\d+)$", re.MULTILINE)
FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
OTHERS_SETTINGS = ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "MPLBACKEND", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
OTHERS_SETTINGS += ("CI", "BUILD_NUMBER")  # with either of them pytest shows longer lines


def require_packages() -> None:
    for package in PACKAGES:
        if find_spec(package) is None:
            raise LabError(
                f"the package '{package}' is missing: type  {sys.executable} -m pip install {package}"
            )


def read_notebook(path: Path):
    import nbformat

    try:
        notebook = nbformat.reads(read_bytes(path).decode("utf-8"), as_version=4)
        nbformat.validate(notebook)
    except (ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError) as error:
        reason = str(error).partition("\n")[0][:100]
        raise LabError(f"'{path}' is not a notebook ({reason}): type  git checkout '{path}'") from error
    return notebook


def set_environment(folder: Path) -> None:
    """Keep Jupyter, IPython, matplotlib and pytest away from the user's settings and history."""
    for name in OTHERS_SETTINGS:
        os.environ.pop(name, None)
    os.environ |= dict.fromkeys(FOLDERS, str(folder))
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this interpreter, whatever else is registered
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # the debugger's warning would be an output


def execute(notebook, scratch: Path, cell_limit_s: int) -> None:
    """Fill in the outputs of the cells, which run in the folder `scratch`."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbconvert.preprocessors import ExecutePreprocessor
    from traitlets.config import Config

    started = 0

    def count_cells(**_: object) -> None:
        nonlocal started
        started += 1

    # Sockets in a folder: no port that another run may take, and no need of a network at all.
    sockets = Config(KernelManager={"transport": "ipc", "ip": f"{os.environ['JUPYTER_RUNTIME_DIR']}/socket"})
    executor = ExecutePreprocessor(
        config=sockets,
        kernel_name="python3",
        timeout=cell_limit_s,
        record_timing=False,
        coalesce_streams=True,  # one output a stream, however many pieces it came in
        on_cell_execute=count_cells,
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=50"],  # what goes wrong is told here, once
    )
    metadata = dict(notebook.metadata)
    try:
        executor.preprocess(notebook, {"metadata": {"path": str(scratch)}})
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue.strip()}".partition("\n")[0]
    except CellTimeoutError:
        reason = f"not done after '{cell_limit_s}' s, see --cell-limit"
    except DeadKernelError:
        reason = "the kernel died, perhaps for want of memory"
    else:
        notebook.metadata = metadata  # without the interpreter's version
        return
    raise LabError(f"cell In [{started}] of the notebook failed: {reason}: mend it and run this again")


def find_metric(notebook) -> float:
    """Return the R2 that the cells printed, once."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = METRIC_LINE.findall("".join(output.get("text", "") for output in outputs))
    if len(found) != 1:
        raise LabError(f"the notebook printed {len(found)} lines 'Model test R2 is: …': print it once")
    return float(found[0])


def main(arguments: Namespace) -> None:
    require_packages()
    import nbformat

    notebook = read_notebook(arguments.notebook)
    with (
        replace_folder(arguments.folder / "data") as data,
        tempfile.TemporaryDirectory(prefix="lab5-") as scratch,
        tempfile.TemporaryDirectory(prefix="lab5-") as settings,
    ):
        set_environment(Path(settings))
        execute(notebook, Path(scratch), arguments.cell_limit)
        r2 = find_metric(notebook)
        if not Path(scratch, "data").is_dir():
            raise LabError("the notebook wrote no folder 'data': write the datasets there")
        for path in Path(scratch, "data").iterdir():
            if path.name != "junit.xml":  # it has the time of day, and the notebook has judged it
                shutil.copyfile(path, data / path.name)
        nbformat.write(notebook, data / "lab5.ipynb")
    print_metric("R2", r2)


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--notebook",
        type=Path,
        default=Path(__file__).resolve().with_name("lab5.ipynb"),
        metavar="FILE",
        help="what to execute (default: lab5.ipynb beside this script)",
    )
    options.add_argument(
        "--cell-limit",
        type=whole_number(at_least=1),
        default=CELL_LIMIT_S,
        metavar="S",
        help=f"seconds for one cell (default: {CELL_LIMIT_S})",
    )
    run(main, options)
