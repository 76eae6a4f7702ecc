"""The box in both its forms, and an empty work folder, for the tests of what runs in it."""

from pathlib import Path

import pytest

from common.grading.sandbox import Box
from common.tests.boxes import make_box


@pytest.fixture(params=["boxed", "trusted"])
def box(request) -> Box:
    return make_box(trusted=request.param == "trusted")


@pytest.fixture
def work(tmp_path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
