"""Attacks on the runner: files that pytest or the interpreter would notice, beside stubs or honest work.

None of them may change the verdict: with stubs there is nothing to be had, and with honest work the points
are at the most those of honest work.
"""

from common.tests.attacks.forge import STUBS
from common.tests.attacks.honest import PIPELINE
from common.tests.attacks.rubric import MARK, RubricAttack

OVERRIDE = f"""
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    return pytest.TestReport(item.nodeid, item.location, {{}}, "passed", None, call.when)
def pytest_configure(config):
    open("{MARK}", "w").close()
def pytest_collection_modifyitems(items):
    items.clear()
"""
QUIT = "import atexit, os\natexit.register(os._exit, 0)\n"
QUIT_NOW = "import os\nos._exit(0)\n"
FAKE = "#!/bin/sh\necho 'Model test accuracy is: 0.999'\nexit 0\n"
METRIC = "echo 'Model test accuracy is: 0.912'\n"


def _beside_stubs(files: dict[str, str], pipeline: str = METRIC, points: int = 2) -> RubricAttack:
    return RubricAttack(STUBS | {"lab1/pipeline.sh": pipeline} | files, points=points)


TAMPER = {
    "conftest.py": _beside_stubs({"conftest.py": OVERRIDE, "lab1/conftest.py": OVERRIDE}),
    "a rubric of one's own": _beside_stubs(
        {
            "lab1/test_lab1.py": "def test_everything(): pass\n",
            "common/grading/plugin.py": OVERRIDE,
            "common/__init__.py": "",
        }
    ),
    "pytest.ini": _beside_stubs(
        {"pytest.ini": "[pytest]\naddopts = --co -p lab1.conftest\n", "lab1/conftest.py": OVERRIDE}
    ),
    "setup.cfg and tox.ini": _beside_stubs(
        {"setup.cfg": "[tool:pytest]\naddopts = --co\n", "tox.ini": "[pytest]\naddopts = --co\n"}
    ),
    "addopts in pyproject.toml": _beside_stubs(
        {
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--co', '-p', 'evil']\n",
            "evil.py": OVERRIDE,
        }
    ),
    "a plugin's dist-info": _beside_stubs(
        {
            "evil.py": OVERRIDE,
            "evil-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
            "evil-1.0.dist-info/entry_points.txt": "[pytest11]\nevil = evil\n",
            "evil-1.0.dist-info/RECORD": "",
        }
    ),
    "sitecustomize and usercustomize": _beside_stubs(
        {
            f"{folder}{name}.py": QUIT_NOW
            for folder in ("", "lab1/")
            for name in ("sitecustomize", "usercustomize")
        }
    ),
    ".pth planted by the run": _beside_stubs(
        {},
        'for d in $(python -c "import site; print(*site.getsitepackages(), site.USER_SITE)"); do\n'
        '  mkdir -p "$d" && echo "import os; os._exit(0)" >"$d/evil.pth"\ndone 2>/dev/null\n' + METRIC,
    ),
    "PYTHONSTARTUP and other variables": _beside_stubs(
        {"lab1/evil.py": QUIT_NOW, "lab1/.env": "PYTHONSTARTUP=evil.py\nPYTEST_ADDOPTS=--co\n"},
        "export PYTHONSTARTUP=$PWD/evil.py PYTEST_ADDOPTS=--co PYTEST_PLUGINS=evil PYTHONPATH=$PWD\n"
        + METRIC,
    ),
    "LD_PRELOAD": _beside_stubs(
        {"lab1/evil.so": b"\x7fELF"},
        "export LD_PRELOAD=$PWD/evil.so\necho $PWD/evil.so >/etc/ld.so.preload\n" + METRIC,
    ),
    "a wrapper named python": _beside_stubs(
        {"lab1/python": FAKE, "lab1/bash": FAKE, "python": FAKE, "bash": FAKE},
        "chmod +x python bash ../python ../bash; PATH=$PWD:$PATH\n"
        "for s in data_creation data_preprocessing model_preparation; do python $s.py >/dev/null; done\n"
        "python model_testing.py\n",
    ),
    "a function named python": _beside_stubs(
        {},
        'python() { echo "+$$ $1" >/dev/null; [ "$1" != model_testing.py ] || ' + METRIC.strip() + "; }\n"
        "for s in data_creation data_preprocessing model_preparation model_testing; do python $s.py; done\n",
    ),
    "numpy shadowed": _beside_stubs(
        {"lab1/numpy.py": QUIT_NOW, "numpy/__init__.py": QUIT_NOW, "numpy.py": QUIT_NOW}
    ),
    "common shadowed": _beside_stubs(
        {
            f"{folder}common/{file}.py": QUIT_NOW
            for folder in ("", "lab1/")
            for file in ("__init__", "grading", "stage")
        }
    ),
    "the standard library shadowed": _beside_stubs(
        {f"lab1/{name}.py": QUIT_NOW for name in ("json", "subprocess", "pathlib", "ast", "csv", "pickle")}
    ),
    "atexit that ends with 0": RubricAttack(
        {"lab1/model_preparation.py": QUIT + "raise RuntimeError('no model')\n"},
        points=8,  # names, data, preprocessing; testing misses the model
    ),
    "pytest.skip and pytest.exit": RubricAttack(
        {
            "lab1/model_testing.py": "import pytest\npytest.skip('everything', allow_module_level=True)\n",
            "lab1/data_creation.py": "import pytest\npytest.exit('done', 0)\n",
        }
    ),
    "a pickle that runs a command when it is read": RubricAttack(
        {
            "lab1/model_preparation.py": "import os, pickle\n"
            "class Evil:\n"
            f"    def __reduce__(self): return os.system, ('touch {MARK}; kill -9 $PPID',)\n"
            "pickle.dump(Evil(), open('model.pkl', 'wb'))\n"
        },
        points=8,  # names, data, preprocessing; its own testing is killed by it
    ),
    "an array that runs a command when it is read": _beside_stubs(
        {
            "lab1/data_creation.py": "import os\nimport numpy as np\nfrom pathlib import Path\n"
            "class Evil:\n"
            f"    def __reduce__(self): return os.system, ('touch {MARK}',)\n"
            "for name in ('train', 'test'):\n"
            "    Path('data', name).mkdir(parents=True, exist_ok=True)\n"
            "    np.save(f'data/{name}/raw.npy', np.array([Evil()], dtype=object), allow_pickle=True)\n"
        },
        "python data_creation.py\n" + METRIC,
        points=10,  # it finishes, prints the line, and makes the same data twice
    ),
    "hooks and commands of git": RubricAttack(
        {
            ".git/config": f"[core]\n\tfsmonitor = touch {MARK}\n\tpager = touch {MARK}\n"
            f"\thooksPath = hooks\n[alias]\n\tls-files = !touch {MARK}\n",
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/objects/info/x": "",
            ".git/refs/heads/x": "",
            "hooks/post-checkout": f"#!/bin/sh\ntouch {MARK}\n",
            ".gitattributes": "* filter=evil\n",
        },
        points=20,
    ),
    "a plugin beside honest work": RubricAttack(
        {"conftest.py": OVERRIDE, "pytest.ini": "[pytest]\naddopts = --co\n", "sitecustomize.py": ""},
        points=20,
    ),
    "a stage that edits the others": RubricAttack(
        {
            "lab1/data_creation.py": "from pathlib import Path\n"
            "for path in Path(__file__).parent.glob('*_*.py'):\n"
            "    path.write_text(\"print('Model test MSE is: 0.9')\" if 'testing' in path.name else '')\n"
            "(Path(__file__).parent / 'pipeline.sh').write_text('echo Model test accuracy is: 0.999')\n",
            "lab1/pipeline.sh": PIPELINE,
        },
        points=6,  # it starts one stage, which ends well
    ),
}
