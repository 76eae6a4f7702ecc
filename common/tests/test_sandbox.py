"""The box as its callers see it: what a run returns, what it leaves in the work folder, and its limits."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from common.grading.box import bubblewrap
from common.grading.box.handback import bring_back
from common.grading.sandbox import WORK, Box, Limits
from common.stage import LabError
from common.tests.boxes import LIMITS, make_box, sh


def test_run_says_what_the_command_did(box, work):
    run = sh(box, work, "echo out; echo err >&2; exit 3")
    assert (run.exit_code, run.stopped, run.stdout, run.stderr) == (3, "", "out\n", "err\n")
    assert run.command == ("bash", "-c", "echo out; echo err >&2; exit 3")
    assert 0 < run.seconds < 2


def test_exit_code_of_a_killed_command_is_as_shells_have_it(box, work):
    assert sh(box, work, "kill -KILL $$").exit_code == 137


def test_command_that_does_not_exist(box, work):
    run = box.run(["no-such-command"], work)
    assert run.exit_code == 127
    assert "no-such-command" in run.stderr


def test_work_folder_holds_what_the_run_left(box, work):
    (work / "lab1").mkdir()
    (work / "lab1" / "old.csv").write_text("old")
    (work / "gone.txt").write_text("gone")
    run = sh(
        box,
        work,
        "cat old.csv; echo new >> old.csv; mkdir data; echo 1 >data/a; rm ../gone.txt",
        folder="lab1",
    )
    assert run.stdout == "old"
    left = sorted(str(path.relative_to(work)) for path in work.rglob("*"))
    assert left == ["lab1", "lab1/data", "lab1/data/a", "lab1/old.csv"]
    assert (work / "lab1" / "old.csv").read_text() == "oldnew\n"


def test_modes_times_and_links_come_through_both_ways(work):
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "run.sh").chmod(0o751)
    os.utime(work / "run.sh", ns=(1_500_000_000_123_456_789, 1_500_000_000_123_456_789))
    (work / "link").symlink_to("run.sh")
    run = sh(make_box(), work, f"stat -c '%a %.9Y' run.sh; readlink link; ln -s {WORK}/run.sh absolute")
    assert run.stdout == "751 1500000000.123456789\nrun.sh\n"
    assert (work / "run.sh").stat().st_mode & 0o777 == 0o751
    assert (work / "run.sh").stat().st_mtime_ns == 1_500_000_000_123_456_789
    assert (work / "link").readlink() == Path("run.sh")
    assert (work / "absolute").readlink() == Path("run.sh")


def test_links_that_lead_out_do_not_come_back(work):
    script = (
        "mkdir a; ln -s .. a/up; ln -s a/up/.. out; ln -s /etc/passwd users; ln -s me me; ln -s nothing yet"
    )
    run = sh(make_box(), work, script)
    assert sorted(path.name for path in work.iterdir()) == ["a", "yet"]
    reason = "a link that leads out of the work folder, or in a circle"
    assert sorted(run.left_out) == [f"me: {reason}", f"out: {reason}", f"users: {reason}"]


def test_what_is_no_file_does_not_come_back(work):
    run = sh(make_box(), work, "mkfifo pipe; echo x >file")
    assert [path.name for path in work.iterdir()] == ["file"]
    assert run.left_out == ("pipe: not a file, a folder or a link",)


def test_holes_stay_holes(tmp_path):
    source, work = tmp_path / "source", tmp_path / "work"
    source.mkdir()
    work.mkdir()
    with (source / "big").open("wb") as file:
        file.seek(1 << 34)
        file.write(b"end")
    handle = os.open(source, os.O_RDONLY)
    assert bring_back(handle, work, "/submission") == ()
    os.close(handle)
    assert (work / "big").stat().st_size == (1 << 34) + 3
    assert (work / "big").stat().st_blocks * 512 < 1 << 20


@pytest.mark.parametrize(("since_ns", "content"), [(0, "box"), (1 << 62, "old")])
def test_only_what_changed_is_copied_back(tmp_path, since_ns, content):
    for folder, text in (("source", "box"), ("work", "old")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same-looking").write_text(text)
        os.utime(tmp_path / folder / "same-looking", ns=(5, 5))
    (tmp_path / "source/longer").write_text("longer")
    (tmp_path / "work/longer").write_text("long")
    handle = os.open(tmp_path / "source", os.O_RDONLY)
    bring_back(handle, tmp_path / "work", "/submission", since_ns=since_ns)
    os.close(handle)
    assert (tmp_path / "work/same-looking").read_text() == content
    assert (tmp_path / "work/longer").read_text() == "longer"


def test_moved_folders_come_back_where_they_went(work):
    for folder in ("a", "b", "still"):
        (work / folder).mkdir()
        (work / folder / "f").write_text(folder[0])
    sh(make_box(), work, "mv a t; mv b a; mv t b; rm -r b; ln -s still/f g; echo y >still/g")
    left = sorted(str(path.relative_to(work)) for path in work.rglob("*"))
    assert left == ["a", "a/f", "g", "still", "still/f", "still/g"]
    assert (work / "a/f").read_text() == "b"


def test_kinds_may_change(work):
    (work / "folder").mkdir()
    (work / "folder/f").write_text("x")
    (work / "file").write_text("x")
    (work / "link").symlink_to("file")
    sh(make_box(), work, "rm -r folder file link; echo 1 >folder; mkdir file link; echo 2 >link/f")
    assert (work / "folder").read_text() == "1\n"
    assert [path.name for path in (work / "file").iterdir()] == []
    assert not (work / "link").is_symlink()
    assert (work / "link/f").read_text() == "2\n"


def test_environment_is_clean(box, work, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    run = sh(
        box,
        work,
        'env | grep -c SECRET; echo "$GIVEN $LANG $PIP_NO_INDEX"; basename "$(which python)"',
        env={"GIVEN": "x"},
    )
    assert run.stdout == "0\nx C.UTF-8 1\npython\n"


def test_libraries_that_calculate_start_no_threads(box, work):
    run = sh(box, work, "python -c 'import numpy, os; print(len(os.listdir(\"/proc/self/task\")))'")
    assert run.stdout == "1\n", run.stderr


def test_time_limit_keeps_the_output(box, work):
    run = sh(box, work, "echo before; sleep 60", limits=Limits(wall_s=0.3))
    assert (run.stopped, run.exit_code, run.stdout) == ("time", 137, "before\n")
    assert 0.3 <= run.seconds < 2


def test_output_limit_keeps_the_beginning(box, work):
    run = sh(box, work, "echo first; yes")
    assert run.stopped == "output"
    assert run.stdout.startswith("first\ny\n")
    assert len(run.stdout) == 1024**2


def test_work_folder_larger_than_the_disk_limit(work):
    (work / "big").write_bytes(os.urandom(2 << 20))
    run = sh(make_box(), work, "echo never", limits=Limits(disk_mb=1))
    assert (run.stopped, run.stdout) == ("disk", "")
    assert (work / "big").stat().st_size == 2 << 20


def test_folder_that_is_not_there(box, work):
    with pytest.raises(
        LabError, match="work/lab1' is not a folder: give the folder in which the command runs"
    ):
        sh(box, work, "true", folder="lab1")


def test_python_that_does_not_run(tmp_path):
    with pytest.raises(LabError, match="python' is not a Python that runs here"):
        Box(python=tmp_path / "python")


def test_refusal_names_the_package_to_install(monkeypatch, tmp_path):
    bubblewrap.options.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="'bwrap' is not installed: run sudo apt-get install bubblewrap"):
        Box()
    bubblewrap.options.cache_clear()


def test_refusal_says_what_the_machine_does_not_allow(monkeypatch, tmp_path):
    bubblewrap.options.cache_clear()
    (tmp_path / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    (tmp_path / "bwrap").chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(
        LabError, match=r"No permissions to create new namespace.*unprivileged_userns_clone=1"
    ):
        Box()
    bubblewrap.options.cache_clear()


def test_network_only_when_asked_for(work):
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}"
        assert sh(make_box(network=True), work, call).exit_code == 0
        assert sh(make_box(), work, call).exit_code == 1


def test_interpreter_in_a_closed_folder(tmp_path, work):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", closed / "venv"], check=True)
    (closed / "secret").write_text("secret")
    box = make_box(python=closed / "venv/bin/python")
    run = sh(box, work, f"python -c 'import sys; print(sys.prefix)'; ls {closed}")
    assert run.stdout == f"{closed}/venv\nvenv\n"


def test_interpreter_in_the_home_folder_itself_is_refused(tmp_path, monkeypatch):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    make_box()
    with pytest.raises(LabError, match=f"lives in '{tmp_path}', which the box would show: give a Python"):
        Box(python=tmp_path / "bin/python")


def test_repository_below_usr_is_hidden_and_its_place_is_no_room(work, monkeypatch):
    monkeypatch.setattr(bubblewrap, "REPOSITORY", Path("/usr/share"))
    run = sh(make_box(), work, "ls /usr/share; touch /usr/share/x")
    assert (run.exit_code, run.stdout) == (1, "")
    assert "Read-only file system" in run.stderr


def test_runs_side_by_side(tmp_path):
    box = make_box()
    runs = {}

    def run(number: int) -> None:
        work = tmp_path / str(number)
        work.mkdir()
        runs[number] = sh(
            box, work, f"python -c 'print({number})'; sleep 0.2; ls {WORK}; echo {number} >file"
        )

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [runs[number].stdout for number in range(4)] == ["0\n", "1\n", "2\n", "3\n"]
    assert [(tmp_path / str(n) / "file").read_text() for n in range(4)] == ["0\n", "1\n", "2\n", "3\n"]


def test_nothing_of_the_run_stays_on_the_host(work, monkeypatch):
    made = []
    make = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **k: made.append(make(*a, **k)) or made[-1])
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    sh(make_box(), work, "true")
    assert made
    assert not any(Path(folder).exists() for folder in made)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_defaults_are_the_graders():
    assert Limits() == Limits(300.0, 900, 4096, 256, 1024, 2048, 100_000, 8)
    assert LIMITS.memory_mb == 400
