"""The pipeline: order, the one line, failures, signals; in the warm interpreter and in plain processes."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from common.tests.tools import ROOT, Ended, run_command, run_stage

COMMAND = [sys.executable, "-P", "-m", "common.pipeline"]


@pytest.fixture
def pipeline(tmp_path):
    """Write scripts, name -> body, and run them in order."""

    def run(scripts, *options, **settings):
        for name, body in scripts.items():
            (tmp_path / f"{name}.py").write_text(body)
        return run_command(*COMMAND, *(tmp_path / f"{name}.py" for name in scripts), *options, **settings)

    return run


@pytest.fixture(params=[[], ["--plain"]], ids=["warm", "plain"])
def kind(request):
    return request.param


def test_only_the_last_script_writes_to_stdout(pipeline, kind):
    ended = pipeline({"a": "print('from a')", "b": "print('Model test R2 is: 0.5')"}, *kind)
    assert (ended.code, ended.out) == (0, "Model test R2 is: 0.5\n")
    assert re.fullmatch(r"from a\n\[1/2\] a  \d+\.\d\d s\n\[2/2\] b  \d+\.\d\d s\n", ended.err)


def test_what_a_child_process_of_a_stage_prints_is_kept_off_stdout_too(pipeline, kind):
    ended = pipeline({"a": "import os; os.system('echo noise')", "b": "print('line')"}, *kind)
    assert ended.out == "line\n"
    assert "noise\n" in ended.err


def test_options_go_to_the_first_script_and_the_folder_to_all(pipeline, kind, tmp_path):
    body = "import sys; print(sys.argv[1:], file=sys.stderr)"
    ended = pipeline({"a": body, "b": body}, *kind, "--seed", "3", "--folder", tmp_path / "new")
    assert ended.code == 0
    assert f"['--seed', '3', '--folder', '{tmp_path}/new']\n" in ended.err
    assert f"\n['--folder', '{tmp_path}/new']\n" in ended.err
    assert (tmp_path / "new").is_dir()


@pytest.mark.parametrize(
    ("body", "code", "how"),
    [
        ("import sys; sys.exit(3)", 3, "ended with exit code 3"),
        ("import os; os._exit(4)", 4, "ended with exit code 4"),
        ("raise ValueError('broken')", 1, "ended with exit code 1"),
        ("import sys; sys.exit('sorry')", 1, "ended with exit code 1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137, "was killed by SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 139, "was killed by SIGSEGV"),
        ("def broken(:", 1, "ended with exit code 1"),
        ("import there_is_no_such_module", 1, "ended with exit code 1"),
        ("import atexit, os; atexit.register(os._exit, 5)", 5, "ended with exit code 5"),
    ],
)
def test_a_failed_stage_stops_the_pipeline_with_its_code(pipeline, kind, body, code, how):
    ended = pipeline({"a": "", "b": body, "c": "print('Model test R2 is: 0.5')"}, *kind)
    assert (ended.code, ended.out) == (code, "")
    assert re.search(rf"^\[2/3\] b  {how} after \d+\.\d\d s: the pipeline stops\n\Z", ended.err, re.MULTILINE)


def test_a_traceback_begins_in_the_stage(pipeline, tmp_path):
    ended = pipeline({"a": "def fail():\n    raise ValueError('broken')\nfail()\n"})
    assert ended.err.startswith(
        f'Traceback (most recent call last):\n  File "{tmp_path}/a.py", line 3, in <module>\n'
    )
    assert "ValueError: broken\n" in ended.err


def test_a_stage_runs_as_a_program_of_its_own(pipeline, kind, tmp_path):
    (tmp_path / "helper.py").write_text("VALUE = 6")
    body = (
        "import sys, os, threading, atexit, helper\n"
        "assert __name__ == '__main__' and sys.argv[0] == __file__ and os.getcwd() == '/'\n"
        "assert sys.stdin.read() == ''\n"
        "threading.Timer(0.1, print, ['thread']).start()\n"
        "atexit.register(print, 'atexit')\n"
        "print(helper.VALUE)\n"
    )
    ended = pipeline({"a": "helper = None", "b": body}, *kind)
    assert (ended.code, ended.out) == (0, "6\nthread\natexit\n")


def test_a_module_beside_the_script_hides_an_installed_one(pipeline, kind, tmp_path):
    (tmp_path / "skops.py").write_text("VALUE = 'mine'")
    assert pipeline({"a": "import skops\nprint(skops.VALUE)"}, *kind).out == "mine\n"


def test_what_two_stages_import_is_imported_once(pipeline):
    body = "import numpy\nimport os, sys\nprint(os.getppid(), id(numpy), file=sys.stderr)"
    ended = pipeline({"a": body, "b": body})
    first, second = re.findall(r"^\d+ \d+$", ended.err, re.MULTILINE)
    assert first == second  # the same object at the same address: both inherited it


def test_what_modules_beside_two_stages_import_is_imported_once(pipeline, tmp_path):
    (tmp_path / "mine.py").write_text("import other")
    (tmp_path / "other.py").write_text("import mine, numpy\nmine.pi = numpy.pi")
    body = "import mine, os, sys\nprint(os.getppid(), id(sys.modules['numpy']), mine.pi > 3, file=sys.stderr)"
    ended = pipeline({"a": body, "b": body})
    first, second = re.findall(r"^\d+ \d+ True$", ended.err, re.MULTILINE)
    assert first == second


def test_a_stage_changes_nothing_for_the_next(pipeline):
    ended = pipeline(
        {"a": "import os, numpy\nnumpy.pi = 3\nos.environ['X'] = '1'\nos.chdir('/tmp')", "b": STATE}
    )
    assert ended.out == "3.14 None /\n"


STATE = "import os, numpy\nprint(f'{numpy.pi:.2f}', os.environ.get('X'), os.getcwd())"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_everything_at_once_and_leaves_no_child(tmp_path, kind, number, code):
    pids = tmp_path / "pids"
    (tmp_path / "a.py").write_text(
        "import os, signal, subprocess\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(pids) + '.new'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids) + '.new'!r}, {str(pids)!r})\n"
        "child.wait()\n"
    )
    process = subprocess.Popen([*COMMAND, *kind, tmp_path / "a.py"], start_new_session=True)
    while not pids.exists():
        assert process.poll() is None
        time.sleep(0.01)
    began_s = time.monotonic()
    os.kill(process.pid, number)
    assert process.wait(timeout=10) == code
    assert time.monotonic() - began_s < 5  # "at once" with a wide margin; sleep would last 60 s
    for pid in map(int, pids.read_text().split()):
        assert not is_running(pid)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that is dead and waits for init to notice does not."""
    deadline_s = time.monotonic() + 5
    while time.monotonic() < deadline_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True


def test_two_pipelines_in_one_folder_run_one_after_the_other(tmp_path):
    log = tmp_path / "log"
    (tmp_path / "a.py").write_text(
        f"import time\nlog = open({str(log)!r}, 'a', buffering=1)\n"
        "print('begin', file=log)\ntime.sleep(0.3)\nprint('end', file=log)\n"
    )
    command = [*COMMAND, tmp_path / "a.py"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") for _ in range(2)]
    errors = [process.communicate(timeout=30)[1] for process in both]
    assert log.read_text() == "begin\nend\nbegin\nend\n"
    assert f"waiting for the pipeline that is running in '{tmp_path}'" in "".join(errors)


def test_a_child_does_not_clean_up_what_is_its_parents(tmp_path, capfd):
    (tmp_path / "a.py").write_text("print('ran')")
    with tempfile.TemporaryDirectory() as parents:
        assert run_stage(capfd, tmp_path / "a.py") == Ended(0, "ran\n", "")
        assert Path(parents).is_dir()


def test_a_stage_cleans_up_what_is_its_own(pipeline):
    ended = pipeline({"a": "import tempfile\nmine = tempfile.TemporaryDirectory()\nprint(mine.name)"})
    assert ended.code == 0
    assert not Path(ended.out.strip()).exists()


def test_help_is_that_of_the_first_script_and_runs_nothing_else(pipeline):
    ended = pipeline({"a": "import sys; print('help of a', sys.argv[1:])", "b": "print('ran')"}, "--help")
    assert (ended.code, ended.out) == (0, "help of a ['--help']\n")


@pytest.mark.parametrize(
    ("words", "message"), [([], "no script was named"), (["nowhere.py"], "there is no script '/nowhere.py'")]
)
def test_wrong_usage_exits_with_2(words, message):
    ended = run_command(*COMMAND, *words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert ended.code == 2
    assert ended.err.endswith(f"error: {message}\n")
