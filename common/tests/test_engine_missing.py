"""Grading with an engine where there is none: one line that says what to start, or to install."""

import os

import pytest

from common.grading.box.limits import Limits
from common.grading.engine.docker import Engine
from common.stage import LabError
from common.tests.attacks.engine import examples
from common.tests.boxes import leftovers, make_box
from common.tests.graded import grade
from common.tests.tools import require


def test_without_an_engine_the_option_is_refused_in_one_line(tmp_path):
    require("docker")
    make_box()  # or skips
    submission = examples("", 0)["honest"].write(tmp_path / "honest")
    result = grade(
        submission, tmp_path / "report.json", "--engine", lab="lab3", DOCKER_HOST="unix:///nowhere"
    )
    assert result.exit_code == 1
    assert result.stdout.strip() == ""
    assert result.stderr == (
        "no Docker engine answers at 'unix:///nowhere': run sudo systemctl start docker, "
        "or set DOCKER_HOST to where one listens\n"
    )
    assert leftovers(result.pid) == []


def test_without_docker_the_option_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError) as refused:
        Engine(Limits())
    assert str(refused.value) == (
        "--engine needs 'docker', which is not installed: run sudo apt-get install docker.io"
    )
    assert leftovers(os.getpid()) == []
