"""Takes the pictures of the READMEs: lab 3's page, and a grade report in each language.

    .venv/bin/python pictures/take.py

Needs what the tests need: their environment, Debian's chromium and bubblewrap. To be run again after a change
of what they show.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VIEWPORT = {"width": 1000, "height": 880}  # a README shows it at about this width
BELOW_THE_MARGIN = {"x": 0, "y": 100, "width": 1000, "height": 660}  # of the page
PATIENT_MS = 60_000
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
LANGUAGES = {"en": "report.png", "ru": "report.ru.png"}
# What the shown student did not do: the report then has something to say.
STUDENT_TESTING = "accuracy = 0.876\nprint(accuracy)\n"


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextmanager
def served_page() -> Iterator[str]:
    """Start `bash lab3/serve.sh` on free ports and return the page's address."""
    port = free_port()
    env = os.environ | {"LAB3_PORT": str(free_port()), "LAB3_PAGE_PORT": str(port)}
    serving = subprocess.Popen(["bash", ROOT / "lab3" / "serve.sh"], env=env)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.terminate()
        serving.wait()


def take_page(browser: Browser) -> None:
    with served_page() as address:
        tab = browser.new_page(viewport=VIEWPORT)
        tab.set_default_timeout(PATIENT_MS)
        for _ in range(600):
            try:
                tab.goto(address)
                break
            except Error:  # it does not listen yet
                tab.wait_for_timeout(100)
        tab.get_by_text("Chance of survival", exact=True).wait_for()
        tab.locator("canvas, svg.marks").first.wait_for()
        tab.wait_for_timeout(1000)  # the charts slide into place
        tab.screenshot(path=HERE / "page.png", clip=BELOW_THE_MARGIN)


def hand_in(folder: Path) -> Path:
    """Write a student's lab 1: this repository's, with another testing stage."""
    for part in ("lab1", "common"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "tests", "data")
        )
    (folder / "lab1" / "model_testing.py").write_text(STUDENT_TESTING, encoding="utf-8")
    return folder


def take_reports(browser: Browser, scratch: Path) -> None:
    hand_in(scratch / "anna")
    for language, name in LANGUAGES.items():
        page = scratch / f"{language}.html"
        grade = ["bash", ROOT / "common" / "test.sh", "lab1", "--submission", "anna", "--lang", language]
        subprocess.run([*grade, "--report-html", page], cwd=scratch, stdout=sys.stderr, check=False)
        tab = browser.new_page(viewport=VIEWPORT)
        tab.goto(page.as_uri())
        tab.screenshot(path=HERE / name, full_page=True)


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit(
        "chromium is missing: type  sudo apt-get install chromium"
    )
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM)
        take_page(browser)
        take_reports(browser, Path(scratch))
        browser.close()


if __name__ == "__main__":
    main()
