"""The service from start to end: settings, keys, models that come and go, signals, logs, numbers."""

import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time

import httpx
import pytest

from common.tests.graded import parameters
from common.tests.tools import ROOT, run_command, run_stage, wait_until

LAB = ROOT / "lab3"
GOOD = {"class": 1, "sex": "female", "age_years": 17, "fare_pounds": 80}
KEY = "correct-horse-battery"


@pytest.fixture
def run_service(capfd, monkeypatch):
    """Start a service that is expected to end by itself."""

    def run(**settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return run_stage(capfd, LAB / "service.py")

    return run


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"LAB3_PORT": "http"}, "LAB3_PORT is 'http': input should be a valid integer"),
        ({"LAB3_PORT": "65536"}, "LAB3_PORT is '65536': input should be less than or equal to 65535"),
        ({"LAB3_BATCH_ROWS": "0"}, "LAB3_BATCH_ROWS is '0': input should be greater than or equal to 1"),
        (
            {"LAB3_BATCH_DELAY_MS": "nan"},
            "LAB3_BATCH_DELAY_MS is 'nan': input should be less than or equal to 1000",
        ),
        ({"LAB3_PRT": "1"}, "'LAB3_PRT' is not a setting: did you mean LAB3_PORT"),
        ({"LAB3_API_KEY": "short"}, "LAB3_API_KEY has 5 characters: give 16 or more, or leave it out"),
        (
            {"LAB3_API_KEY": "ключ-ключ-ключ-ключ"},
            "LAB3_API_KEY has characters that a header cannot carry: give ASCII",
        ),
        (
            {"LAB3_HOST": "no.such.host.invalid"},
            r"cannot listen on 'no.such.host.invalid:8000': [\w ]+: .* set LAB3_HOST or LAB3_PORT",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_1(run_service, settings, message):
    ended = run_service(**settings)
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(f"service.py: {message}.*\n", ended.err), ended.err


def test_a_port_that_is_taken_is_named(run_service):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run_service(LAB3_PORT=str(port))
    assert (ended.code, ended.err) == (
        1,
        f"service.py: cannot listen on '127.0.0.1:{port}': Address already in use: "
        "stop what does, or set LAB3_HOST or LAB3_PORT\n",
    )


def test_the_readme_lists_every_setting_with_its_default():
    script = (
        "import json, settings; print(json.dumps([[name, str(field.default), field.description] "
        "for name, field in settings.Settings.model_fields.items()]))"
    )
    path = {"PYTHONPATH": f"{ROOT}:{LAB}"}
    fields = json.loads(run_command(sys.executable, "-c", script, env=os.environ | path).out)
    rows = re.findall(
        r"^\| `(LAB3_(?!PAGE)\w+)` \| `?(.*?)`? \| (.+) \|$", (LAB / "README.md").read_text(), re.M
    )
    shown = {"model_folder": "lab3/model", "api_key": "none"}
    expected = [(f"LAB3_{name}".upper(), shown.get(name, default), text) for name, default, text in fields]
    assert rows == expected


def test_a_key_is_asked_for_where_the_model_is_and_nowhere_else(start):
    running = start(api_key=KEY)
    with httpx.Client(base_url=running.url, timeout=60) as client:
        for headers in ({}, {"Authorization": f"Bearer {KEY}x"}, {"Authorization": f"Basic {KEY}"}):
            for method, path in (
                ("POST", "/predict"),
                ("POST", "/explain"),
                ("GET", "/model"),
                ("GET", "/x"),
            ):
                answer = client.request(method, path, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
                assert answer.headers["content-type"] == "application/problem+json"
        good = {"Authorization": f"Bearer {KEY}"}
        assert client.post("/predict", json=GOOD, headers=good).status_code == 200
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
            assert client.get(path).status_code == 200
    assert KEY not in running.log.read_text()


def spoil(model, how):
    """Spoil a model's folder; return the reason that the service is to give, as a pattern."""
    file, description = model / "model.cbm", model / "model.json"
    match how:
        case "missing":
            shutil.rmtree(model)
            return f"'{description}' is missing: run the stage before this one, which makes it"
        case "cut":
            file.write_bytes(file.read_bytes()[:-100])
            return f"'{file}' has SHA-256 .*: it was changed, run model_preparation.py again"
        case "other features":
            description.write_text(description.read_text().replace("age_years", "age"))
            return f"feature 3 of '{file}' is .*'age'.*: run model_preparation.py again"
        case "other catboost":
            description.write_text(re.sub(r'"catboost": "\d+', '"catboost": "0', description.read_text()))
            return f"'{file}' was made with catboost 0.*, .* is installed: run model_preparation.py again"
        case "not json":
            description.write_text("{")
            return f"'{description}' is not JSON .*: run the stage that makes it again"
        case "strange json":
            description.write_text('{"sha256": 1, "features": 2, "versions": 3}')
            return f"'{file}' has SHA-256 .*|'{model}' holds no model that can be read .*"
    raise ValueError(how)


HOWS = ("missing", "cut", "other features", "other catboost", "not json", "strange json")


@pytest.mark.parametrize("how", parameters(HOWS, HOWS[:2]))
def test_without_a_whole_model_the_service_lives_and_says_why_it_is_not_ready(start, own_model, how):
    reason = spoil(own_model, how)
    running = start(model_folder=own_model)
    assert httpx.get(f"{running.url}/healthz").status_code == 200
    for method, path in (("GET", "/readyz"), ("GET", "/model"), ("POST", "/predict")):
        answer = httpx.request(method, f"{running.url}{path}", json=GOOD, timeout=60)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert re.fullmatch(reason, answer.json()["detail"])
    (refusal,) = running.events("model refused")
    assert re.fullmatch(reason, refusal["reason"])
    assert running.stop() == 0


def test_a_replaced_model_is_taken_on_sighup_and_a_broken_one_is_refused(start, own_model, stage):
    running = start(model_folder=own_model)
    first = httpx.get(f"{running.url}/readyz").json()["model_version"]
    for name in ("data_creation", "data_preprocessing", "model_preparation"):
        ended = stage(
            name, *(["--seed", 7] if name == "data_creation" else [])
        )  # writes to own_model's place
        assert ended.code == 0, ended.err
    assert httpx.get(f"{running.url}/readyz").json()["model_version"] == first

    running.process.send_signal(signal.SIGHUP)
    second = running.wait_for("model loaded", 2)["version"]
    assert second != first
    assert httpx.post(f"{running.url}/predict", json=GOOD).json()["model_version"] == second
    assert httpx.get(f"{running.url}/model").json()["card"] is None  # not tested yet

    reason = spoil(own_model, "cut")
    running.process.send_signal(signal.SIGHUP)
    assert re.fullmatch(reason, running.wait_for("model refused")["reason"])
    ready = httpx.get(f"{running.url}/readyz")
    assert (ready.status_code, ready.json()["model_version"]) == (200, second)
    assert re.fullmatch(reason, ready.json()["refused"])
    assert httpx.post(f"{running.url}/predict", json=GOOD).json()["model_version"] == second
    assert f'lab3_model_info{{version="{second}"}} 1.0' in httpx.get(f"{running.url}/metrics").text


def test_sigterm_answers_what_was_accepted_and_exits_0(start):
    running = start(batch_delay_ms=1000)
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{running.url}/predict", json=GOOD, timeout=60))
    )
    asking.start()
    wait_until(lambda: "lab3_waiting_rows 1.0" in httpx.get(f"{running.url}/metrics", timeout=60).text)
    assert running.stop() == 0
    asking.join()
    assert answers[0].status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.url}/healthz")
    assert running.events("stopped")[0]["signal"] == "SIGTERM"


def test_sigterm_does_not_wait_longer_than_its_grace_for_a_slow_client(start):
    running = start(grace_s=1)
    with socket.create_connection(("127.0.0.1", running.port)) as slow:
        slow.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        time.sleep(0.2)
        began_s = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began_s < 10


def test_sigint_ends_with_130(start):
    assert start().stop(signal.SIGINT) == 130


def test_the_log_is_json_and_says_nothing_about_anybody(start):
    running = start()
    with httpx.Client(base_url=running.url, timeout=60) as client:
        client.post("/predict?name=Sophie", json=[GOOD, GOOD], headers={"User-Agent": "Sophie"})
        client.post("/predict", content=b'{"name": "Sophie"}')
        client.get("/Sophie")
    running.wait_for("request", 3)
    assert running.stop() == 0
    lines = running.log.read_text().splitlines()
    requests = [json.loads(line) for line in lines if '"request"' in line]
    assert [(one["method"], one["route"], one["status"], one["passengers"]) for one in requests] == [
        ("POST", "/predict", 200, 2),
        ("POST", "/predict", 422, 0),
        ("GET", "other", 404, 0),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["time"]) for one in requests)
    assert requests[0].keys() == {"time", "event", "method", "route", "status", "ms", "passengers"}
    assert "Sophie" not in running.log.read_text()
    assert "127.0.0.1" not in "".join(line for line in lines if "listening" not in line)


def test_the_metrics_count_what_happened(start):
    running = start()
    with httpx.Client(base_url=running.url, timeout=60) as client:
        client.post("/predict", json=[GOOD] * 300)
        client.post("/predict", json=GOOD)
        client.post("/predict", content=b"x")
        found = dict(
            line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#"
        )
    numbers = {
        'lab3_requests_total{method="POST",route="/predict",status="200"}': 2,
        'lab3_requests_total{method="POST",route="/predict",status="400"}': 1,
        'lab3_request_seconds_count{route="/predict"}': 3,
        "lab3_batch_rows_sum": 301,
        'lab3_batch_rows_bucket{le="1.0"}': 1,
        'lab3_batch_rows_bucket{le="256.0"}': 1,
        'lab3_batch_rows_bucket{le="512.0"}': 2,
        "lab3_waiting_rows": 0,
        'lab3_model_loads_total{result="loaded"}': 1,
    }
    assert {name: float(found[name]) for name in numbers} == numbers


def test_the_service_listens_on_loopback_alone_unless_told_otherwise(service):
    assert service.events("listening")[0]["host"] == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", service.port), timeout=10)


def test_another_address_is_listened_on_when_told(start):
    running = start(host="0.0.0.0")  # noqa: S104, what the test is about
    assert httpx.get(f"http://127.0.0.2:{running.port}/healthz", timeout=60).status_code == 200
