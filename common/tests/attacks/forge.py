"""Attacks that forge results: the work is a stub, and something else says that it is fine."""

from common.tests.attacks.honest import PIPELINE
from common.tests.attacks.rubric import RubricAttack

STUB = "raise SystemExit(0)\n"
STUBS = {
    f"lab1/{name}.py": STUB
    for name in ("data_creation", "data_preprocessing", "model_preparation", "model_testing")
}
PASSED = "\n".join(
    [
        "lab1/test_lab1.py ........ [100%]",
        "====== 8 passed in 0.50s ======",
        "lab1  20 of 20",
        "total 100 of 100",
    ]
)
REPORT = '{"submission": "x", "complete": true, "points": 100, "possible": 100, "mark": 5, "labs": {}}'
JUNIT = '<testsuites><testsuite name="pytest" errors="0" failures="0" tests="8" time="1"/></testsuites>'
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (0, 1, 2): os.close(number)
        while True:
            for path in ("report.json", "data/train/raw.csv", "model.pkl", "/tmp/report.json"):
                try:
                    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
                    open(path, "w").write('{"points": 100}')
                except OSError: pass
            time.sleep(0.01)
    os._exit(0)
"""


def _only(pipeline: str, **files: str) -> RubricAttack:
    return RubricAttack(STUBS | {"lab1/pipeline.sh": pipeline} | files)


FORGE = {
    "print PASSED and a points table": _only(f"cat <<'END'\n{PASSED}\nEND\n"),
    "print the metric line and nothing else": _only("echo 'Model test accuracy is: 0.987'\n"),
    "write a fake report": _only(
        'for place in . .. ../.. /tmp /submission "$HOME"; do\n'
        f"  echo '{REPORT}' >$place/report.json; echo '{JUNIT}' >$place/junit.xml\n"
        "done 2>/dev/null\nexit 0\n"
    ),
    "a report that is there already": RubricAttack(
        STUBS
        | {
            "report.json": REPORT,
            "lab1/report.json": REPORT,
            "junit.xml": JUNIT,
            "lab1/pipeline.sh": "true\n",
        }
    ),
    "control characters that repaint the terminal": _only(
        "printf '\\033[2J\\033[H%s\\r\\n' 'lab1 20 of 20'; printf '\\033]0;20 of 20\\007'; exit 0\n"
    ),
    "markup in the metric": _only(
        "echo 'Model test <script>alert(1)</script> is: 0.9'; echo '</td><td>20 of 20' >&2; exit 0\n"
    ),
    "exit code 0 after a crash": RubricAttack(
        {
            "lab1/model_preparation.py": "raise RuntimeError('no model')\n",
            "lab1/pipeline.sh": PIPELINE.replace("set -e\n", "") + "exit 0\n",
            "lab1/model.pkl": b"\x80\x04N.",
        },
        points=10,  # names, data, preprocessing, and half of finishing
    ),
    "forged records of stages that never ran": _only(
        "n=9000\nfor s in data_creation data_preprocessing model_preparation model_testing; do\n"
        "  n=$((n + 1)); printf '+%s\\037%s.py\\036' $n $s >/box/started\n"
        "  printf -- '-%s\\0370\\036' $n >/box/started\n"
        "done\necho 'Model test accuracy is: 0.912'\n"
    ),
    "a stage whose failure a forged record hides": RubricAttack(
        {
            "lab1/model_testing.py": "import os\n"
            "open('/box/started', 'w').write(f'-{os.getppid()}\\x1f0\\x1e')\n"
            "print('Model test accuracy is: 0.912', flush=True); os._exit(3)\n",
            "lab1/pipeline.sh": PIPELINE.replace("set -e\n", ""),
        },
        points=10,  # names, data, preprocessing and a model; it ends with 3
    ),
    "a daemon that rewrites results after the exit": RubricAttack(
        STUBS
        | {
            "lab1/data_creation.py": DAEMON,
            "lab1/pipeline.sh": "python data_creation.py; until [ -s data/train/raw.csv ]; do :; done\n",
        },
        points=7,  # it starts one stub, which ends well, and there is something for train
    ),
    "made files without content": _only(
        "mkdir -p data/train data/test; : >data/train/a.csv; : >data/test/a.csv; : >model.pkl\n"
        "echo 'Model test accuracy is: 0.912'\n"
    ),
    "links instead of files": _only(
        "mkdir data; ln -s /etc data/train; ln -s /usr data/test; ln -s /etc/passwd model.pkl\n"
        "echo 'Model test accuracy is: 0.912'\n"
    ),
}
