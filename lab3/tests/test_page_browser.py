"""The page in a real browser, end to end: predict, upload, download, a service that stops and comes back."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from common.tests.tools import require_browser
from lab3.tests.page import free_port, page, service

WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
PATIENT_MS = 30_000


@pytest.fixture(scope="module")
def browser():
    chromium = require_browser()
    with sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = driver.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def place(model_folder, tmp_path_factory):
    """Return where the page is, and a function that starts the service which it asks."""
    folder, ports = tmp_path_factory.mktemp("page"), (free_port(), free_port())
    with page(ports[0], ports[1], folder / "page.log"):
        yield f"http://127.0.0.1:{ports[0]}", lambda: service(ports[1], model_folder, folder / "service.log")


@pytest.fixture
def open_page(browser, place):
    """Return a function that opens the page in a browser of its own and waits for the first answer."""
    opened = []

    def open_it(viewport=WIDE, wait=True, **options):
        context = browser.new_context(viewport=viewport, accept_downloads=True, **options)
        opened.append(context)
        tab = context.new_page()
        tab.set_default_timeout(PATIENT_MS)
        tab.goto(place[0])
        if wait:
            tab.get_by_text("Chance of survival", exact=True).wait_for()
        return tab

    yield open_it
    for context in opened:
        context.close()


def chance(tab):
    return int(tab.get_by_test_id("stMetricValue").first.inner_text().rstrip("%"))


def test_another_person_gets_another_answer_by_mouse_and_by_keyboard(place, open_page):
    with place[1]():
        tab = open_page()
        before = chance(tab)
        tab.get_by_role("radio", name="Male", exact=True).click()
        expect(tab.get_by_text("being male lowers the chance")).to_be_visible(timeout=PATIENT_MS)
        assert chance(tab) < before
        slider = tab.get_by_role("slider", name="Age, years")
        slider.focus()
        for _ in range(25):
            tab.keyboard.press("ArrowLeft")
        expect(slider).to_have_value("4", timeout=PATIENT_MS)
        expect(tab.get_by_text("being 4", exact=True)).to_be_visible(timeout=PATIENT_MS)


def test_a_table_goes_up_and_its_predictions_come_down(place, open_page, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("name,class,sex,fare_pounds\nAnna,1,female,80\nBoris,3,male,8\nClara,first,female,80\n")
    with place[1]():
        tab = open_page()
        tab.get_by_role("tab", name="A table").click()
        with tab.expect_download() as template:
            tab.get_by_role("button", name="Download the template").click()
        assert template.value.suggested_filename == "passengers.csv"
        tab.locator("input[type=file]").set_input_files(table)
        expect(tab.get_by_text("2 predicted: 1 would most likely have survived.")).to_be_visible(
            timeout=PATIENT_MS
        )
        expect(tab.get_by_text("1 row could not be predicted.", exact=False)).to_be_visible()
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Download the predictions").click()
        with Path(download.value.path()).open() as file:
            rows = list(csv.DictReader(file))
    assert [(row["name"], row["prediction"]) for row in rows] == [("Anna", "survived"), ("Boris", "died")]


def test_a_service_that_stops_is_said_and_comes_back_by_itself(place, open_page):
    with place[1]():
        tab = open_page()
    tab.get_by_role("radio", name="Male", exact=True).click()
    expect(tab.get_by_text("cannot be reached").first).to_be_visible(timeout=PATIENT_MS)
    assert tab.get_by_text("Traceback").count() == 0
    with place[1]():
        expect(tab.get_by_text("Chance of survival", exact=True)).to_be_visible(timeout=PATIENT_MS)
        expect(tab.get_by_text("being male lowers the chance")).to_be_visible(timeout=PATIENT_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_answer_first(place, open_page, scheme):
    with place[1]():
        tab = open_page(PHONE, color_scheme=scheme)
        expect(tab.get_by_role("radio", name="Male", exact=True)).to_be_visible()
        answer = tab.get_by_test_id("stMetric").first.bounding_box()
        question = tab.get_by_role("radio", name="Male", exact=True).bounding_box()
        assert answer["y"] < question["y"]
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        background = tab.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert (sum(map(int, background.removeprefix("rgb(").rstrip(")").split(","))) > 380) == (
            scheme == "light"
        )
