"""The imitation of Jenkins is compiled once, kept where it may be, and says what it needs."""

import sys

import pytest

from common.grading import imitation, jenkins
from common.stage import LabError
from common.tests.tools import Ended, require, run_command


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Run a pipeline of one step, with the cache in this place; it must succeed."""
    require("groovy")
    (tmp_path / "Jenkinsfile").write_text("node {\n  sh 'echo done'\n}\n")

    def run(cache) -> Ended:
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        ended = run_command(sys.executable, "-m", "common.grading.jenkins", tmp_path / "Jenkinsfile")
        assert ended.code == 0, ended.err

    return run


def files(folder):
    return {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def test_it_is_compiled_once(build, tmp_path):
    build(tmp_path / "cache")
    kept = files(tmp_path / "cache")
    assert [path.suffix for path in kept] == [".jar"]
    build(tmp_path / "cache")
    assert files(tmp_path / "cache") == kept


def test_it_runs_where_nothing_can_be_kept(build):
    build("/proc/nobody")


def test_a_machine_without_groovy_is_told_what_to_type(monkeypatch, tmp_path):
    monkeypatch.setattr(imitation, "GROOVY", tmp_path / "groovy-all.jar")
    reason = f"'{tmp_path}/groovy-all.jar' is not there: sudo apt-get install groovy default-jre-headless"
    assert imitation.missing() == reason
    with pytest.raises(LabError, match="a Jenkinsfile needs Groovy, and '"):
        jenkins.run_file(tmp_path / "Jenkinsfile", tmp_path, jenkins.Settings())


def test_a_groovy_that_does_not_run_is_told(monkeypatch, tmp_path):
    (tmp_path / "groovy-all.jar").touch()
    monkeypatch.setattr(imitation, "GROOVY", tmp_path / "groovy-all.jar")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    imitation.compiled.cache_clear()
    with pytest.raises(
        LabError, match=r"Groovy does not run here, it says 'Error: .*': sudo apt-get install groovy"
    ):
        imitation.compiled()
    assert files(tmp_path / "cache") == {}
