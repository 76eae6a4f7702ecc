"""Each wrong request, and the problem (RFC 9457) that says so."""

import httpx
import pytest

GOOD = {"class": 1, "sex": "female", "fare_pounds": 80}
NAMES = "['class', 'sex', 'age_years', 'siblings_spouses', 'parents_children', 'fare_pounds', 'port']"


def read_problem(answer: httpx.Response, status: int) -> dict:
    """Return a problem's own members after checking the common ones."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.pop("type") == "about:blank"
    assert problem.pop("status") == status
    assert problem.pop("title") == answer.reason_phrase
    return problem


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"class": 4}, "/class", "'4' is not 1, 2 or 3"),
        ({"class": 1.0}, "/class", "'1.0' is not 1, 2 or 3"),
        ({"class": True}, "/class", "'true' is not 1, 2 or 3"),
        ({"class": None}, "/class", "'null' is not 1, 2 or 3"),
        ({"sex": "Female"}, "/sex", "'Female' is not 'female' or 'male'"),
        ({"age_years": -1}, "/age_years", "'-1' is not a number from 0 to 120, or null"),
        ({"age_years": "29"}, "/age_years", "'29' is not a number from 0 to 120, or null"),
        ({"siblings_spouses": 1.5}, "/siblings_spouses", "'1.5' is not a whole number from 0 to 20"),
        ({"parents_children": 21}, "/parents_children", "'21' is not a whole number from 0 to 20"),
        ({"fare_pounds": 1000.01}, "/fare_pounds", "'1000.01' is not a number from 0 to 1000"),
        ({"fare_pounds": None}, "/fare_pounds", "'null' is not a number from 0 to 1000"),
        ({"port": "X" * 60}, "/port", f"'{'X' * 50}…' is not 'S', 'C', 'Q' or null"),
        ({"a/b~": 1}, "/a~1b~0", f"a passenger has no 'a/b~': leave it out, or see {NAMES}"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(client, change, pointer, detail):
    problem = read_problem(client.post("/predict", json=GOOD | change), 422)
    assert problem == {
        "detail": "this is not a passenger, nor a list of them",
        "errors": [{"pointer": pointer, "detail": detail}],
    }


def test_every_mistake_of_a_list_is_named(client):
    people = [GOOD, {"class": 9, "sex": "x", "fare_pounds": 1}, 7, GOOD, {"sex": "male", "fare_pounds": 1}]
    problem = read_problem(client.post("/predict", json=people), 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/1/class", "/1/sex", "/2", "/4/class"]
    assert problem["errors"][2]["detail"].startswith("'7' is not a passenger: give {\"class\": 1, ")
    assert problem["errors"][3]["detail"] == "it is missing: give 1, 2 or 3"


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1001, 1001)])
def test_a_list_of_none_or_too_many_is_refused(client, count, shown):
    problem = read_problem(client.post("/predict", json=[GOOD] * count), 422)
    assert problem["errors"] == [
        {"pointer": "", "detail": f"the list has {shown} passengers: give 1 to 1000"}
    ]


def test_no_more_than_100_mistakes_are_named(client):
    problem = read_problem(client.post("/predict", json=[{"class": 9}] * 1000), 422)
    assert len(problem["errors"]) == 100


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "the body cannot be read as JSON: Input data was truncated"),
        (b"{", "the body cannot be read as JSON: Input data was truncated"),
        (b"age=3", "the body cannot be read as JSON: JSON is malformed: invalid character (byte 0)"),
        (
            b'{"class":1,"sex":"female","fare_pounds":NaN}',
            "the body cannot be read as JSON: JSON is malformed: ",
        ),
        (b'{"class":1,"sex":"\xff","fare_pounds":1}', "the body cannot be read as JSON: "),
    ],
)
def test_what_is_not_json_is_refused(client, body, detail):
    assert read_problem(client.post("/predict", content=body), 400)["detail"].startswith(detail)


def test_a_name_that_stands_twice_is_refused_for_the_wrong_one(client):
    body = b'{"class":5,"class":1,"sex":"male","fare_pounds":1}'
    problem = read_problem(client.post("/predict", content=body), 422)
    assert problem["errors"] == [{"pointer": "", "detail": "Invalid enum value 5 - at `$.class`"}]


HUGE = b'{"class":1,"sex":"male","fare_pounds":1,"siblings_spouses":1%b}' % (b"0" * 5000)


@pytest.mark.parametrize("body", [HUGE, b"[" * 900_000, b'{"class":' * 100_000, b"1", b"null", b'"x"'])
def test_odd_json_is_refused_and_the_service_lives(client, body):
    assert client.post("/predict", content=body).status_code in (400, 422)
    assert client.post("/predict", json=GOOD).status_code == 200


def test_a_list_cannot_be_explained(client):
    problem = read_problem(client.post("/explain", json=[GOOD]), 422)
    assert problem == {"detail": "one passenger is explained at a time: give an object, not a list"}


def test_an_unknown_path_and_a_wrong_method_are_problems(client):
    assert read_problem(client.get("/nowhere"), 404) == {"detail": "there is no '/nowhere' here"}
    answer = client.put("/predict", json=GOOD)
    assert read_problem(answer, 405) == {"detail": "PUT is not for this path"}
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_a_body_over_1_mb_is_refused_announced_or_not(client, path):
    announced = client.post(path, content=b" " * 1_000_001)
    assert read_problem(announced, 413) == {"detail": "the body has 1,000,001 bytes: send 1,000,000 or fewer"}
    chunked = client.post(path, content=iter([b" " * 100_000] * 11))
    assert read_problem(chunked, 413) == {"detail": "the body has more than 1,000,000 bytes: send fewer"}
    assert client.post(path, content=b'{"class":1,"sex":"male","fare_pounds":1}'.ljust(1_000_000)).is_success
