"""The page's logic, by Streamlit's own driver, on a real service: answers, wrong tables, no service."""

import json
import os
import subprocess
import sys

from common.tests.tools import ROOT
from lab3.tests.page import PAGE, free_port

# The page is driven in a process of its own: it imports modules by plain names and reads its settings once.
DRIVE = """
import json, sys
from streamlit.testing.v1 import AppTest

page = AppTest.from_file(sys.argv[1], default_timeout=30).run()
exec(sys.stdin.read())
assert not page.exception, page.exception
print(json.dumps(seen))
"""


def drive(port: int, steps: str):
    """Run the page, take these steps, and return what they put into `seen`."""
    ended = subprocess.run(
        [sys.executable, "-c", DRIVE, PAGE],
        input=steps,
        env=os.environ | {"PYTHONPATH": str(ROOT), "LAB3_PAGE_SERVICE": f"http://127.0.0.1:{port}"},
        cwd="/",
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_the_chance_follows_the_person(service):
    steps = """
seen = []
for ticket, sex in ((1, "female"), (3, "female"), (3, "male")):
    page.button_group(key="class").set_value(ticket).run()
    page.button_group(key="sex").set_value(sex).run()
    seen.append([page.metric[0].label, int(page.metric[0].value.rstrip("%")), page.subheader[0].value])
"""
    labels, chances, sentences = zip(*drive(service.port, steps), strict=True)
    assert set(labels) == {"Chance of survival"}
    assert chances[0] > 90
    assert chances[0] > chances[1] > chances[2]
    assert chances[2] < 20
    assert [sentences[0], sentences[2]] == ["Very likely among the survivors.", "Very likely among the dead."]


def test_an_unknown_age_is_an_answer_too(service):
    steps = """
page.toggle(key="knows_age").set_value(False).run()
seen = [page.metric[0].value, page.slider(key="age").disabled]
"""
    chance, is_disabled = drive(service.port, steps)
    assert chance.endswith("%")
    assert is_disabled


def test_the_card_says_how_good_the_model_is_and_against_what(service, model_folder):
    card = json.loads((model_folder / "card.json").read_text())
    values, words = drive(
        service.port,
        "seen = [{one.label: one.value for one in page.metric}, [one.value for one in page.markdown]]",
    )
    assert values["Accuracy on passengers it has not seen"] == f"{card['test']['accuracy']:.1%}"
    assert values["The service answers in"].endswith(" ms")
    assert any(one.startswith("**It is right ") for one in words)
    assert any(f"- Version: `{card['sha256'][:12]}`" in one for one in words)


def upload(port: int, table: str) -> dict:
    steps = f"""
page.file_uploader[0].set_value(("passengers.csv", {table.encode()!r}, "text/csv")).run()
seen = {{
    "error": [one.value for one in page.error],
    "success": [one.value for one in page.success],
    "warning": [one.value for one in page.warning],
    "tables": [one.value.to_dict("records") for one in page.dataframe],
}}
"""
    return drive(port, steps)


def test_a_table_is_predicted_and_wrong_rows_say_why(service):
    rows = ("Anna,1,female,30,80", "Boris,5,male,,7", "Clara,2,f,1.0,x", "Dora,3,female,,7", "")
    table = "name,class,sex,age_years,fare_pounds\n" + "\n".join(rows)
    seen = upload(service.port, table)
    assert seen["success"] == ["2 predicted: 2 would most likely have survived."]
    assert seen["warning"] == ["2 rows could not be predicted. Mend them and upload the file again."]
    _, predicted, refused = seen["tables"]
    assert [(row["name"], row["prediction"]) for row in predicted] == [
        ("Anna", "survived"),
        ("Dora", "survived"),
    ]
    assert 0.9 < predicted[0]["probability"] <= 1
    assert [(row["line"], row["reason"]) for row in refused] == [
        (3, "class: '5' is not 1, 2 or 3"),
        (4, "sex: 'f' is not 'female' or 'male'; fare_pounds: 'x' is not a number from 0 to 1000"),
    ]


def test_a_table_of_many_requests_has_every_row_once(service):
    rows = "".join(f"{n % 3 + 1},{'female' if n % 2 else 'male'},{n % 90},9\n" for n in range(2500))
    seen = upload(service.port, "class,sex,age_years,fare_pounds\n" + rows)
    assert seen["success"][0].startswith("2,500 predicted: ")
    assert seen["warning"] == []


NO_TABLES = {
    b"": "This file cannot be read as a CSV table: No columns to parse from file",
    b"class,sex\n1,male\n": "The table has no column fare_pounds: compare its first line with the template.",
    b"class,sex,fare_pounds\n": "The table has no rows below its first line.",
    b'class,sex,fare_pounds\n1,"female,3\n': "This file cannot be read as a CSV table: ",
}


def test_what_is_no_table_of_passengers_says_so(service):
    steps = f"""
seen = []
for table in {[*NO_TABLES]!r}:
    page.file_uploader[0].set_value(("passengers.csv", table, "text/csv")).run()
    seen.append([one.value for one in page.error])
"""
    for errors, message in zip(drive(service.port, steps), NO_TABLES.values(), strict=True):
        assert len(errors) == 1
        assert errors[0].startswith(message)


def test_a_service_that_is_down_is_said_not_thrown():
    port = free_port()
    errors = drive(port, "seen = [one.value for one in page.error]")
    unreachable = f"The service at http://127.0.0.1:{port} cannot be reached (ConnectError)."
    assert errors[0] == f"{unreachable} This page tries again every 2 s."
