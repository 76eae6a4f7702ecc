"""What the service answers: CatBoost's numbers bit for bit, however many ask at once."""

import asyncio
import json

import httpx
import numpy as np
import pytest
from catboost import CatBoostClassifier, Pool

SOPHIE = {
    "class": 1,
    "sex": "female",
    "age_years": 29,
    "siblings_spouses": 0,
    "parents_children": 0,
    "fare_pounds": 80,
    "port": "S",
}
NUMBERS = {"female": 1, "male": 0, "S": 0, "C": 1, "Q": 2, None: np.nan}


@pytest.fixture(scope="module")
def expected(model_folder, passengers):
    """Return what CatBoost itself says of the passengers."""
    rows = [[NUMBERS.get(value, value) for value in one.values()] for one in passengers]
    model = CatBoostClassifier().load_model(str(model_folder / "model.cbm"))
    return model.predict_proba(np.array(rows, dtype="float32"))[:, 1].tolist()


def test_one_passenger_gets_a_probability_a_label_and_the_models_version(client, model_folder):
    answer = client.post("/predict", json=SOPHIE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    description = json.loads((model_folder / "model.json").read_text())
    found = answer.json()
    assert found.pop("probability") == pytest.approx(0.95, abs=0.05)
    assert found == {"label": "survived", "model_version": description["sha256"][:12]}


def test_a_list_of_1000_is_answered_in_order_with_catboosts_own_bits(client, passengers, expected):
    answer = client.post("/predict", json=passengers)
    assert [one["probability"] for one in answer.json()["predictions"]] == expected
    labels = ["survived" if probability > 0.5 else "died" for probability in expected]
    assert [one["label"] for one in answer.json()["predictions"]] == labels
    assert {"survived", "died"} == set(labels)


@pytest.mark.parametrize("size", [1, 2, 8, 9, 16, 17, 64, 65, 256, 257, 999])
def test_a_list_of_any_length_gives_the_same_bits(client, passengers, expected, size):
    answer = client.post("/predict", json=passengers[-size:])
    assert [one["probability"] for one in answer.json()["predictions"]] == expected[-size:]


@pytest.mark.parametrize("at_once", [1, 8, 100])
@pytest.mark.parametrize("delay_ms", [0, 5])
def test_passengers_asked_at_once_in_any_order_get_the_same_bits(
    start, passengers, expected, at_once, delay_ms
):
    running = start(batch_delay_ms=delay_ms, batch_rows=50)
    order = np.random.default_rng(at_once).permutation(300)

    async def ask_all():
        turn = asyncio.Semaphore(at_once)
        async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:

            async def ask(passenger):
                async with turn:
                    return await client.post("/predict", json=passenger)

            return await asyncio.gather(*(ask(passengers[who]) for who in order))

    answers = asyncio.run(ask_all())
    assert [answer.json()["probability"] for answer in answers] == [expected[who] for who in order]


def test_requests_that_arrive_together_are_predicted_together(start, passengers):
    running = start(batch_delay_ms=200)

    async def ask_all():
        async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
            await asyncio.gather(*(client.post("/predict", json=one) for one in passengers[:20]))
            return (await client.get("/metrics")).text

    metrics = dict(line.rsplit(" ", 1) for line in asyncio.run(ask_all()).splitlines() if line[0] != "#")
    assert float(metrics["lab3_batch_rows_sum"]) == 20
    assert float(metrics["lab3_batch_rows_count"]) <= 5  # 1 on a machine that has time


def test_what_is_not_known_may_be_left_out_or_null(client):
    short = {"class": 3, "sex": "male", "fare_pounds": 8}
    long = short | {"age_years": None, "siblings_spouses": 0, "parents_children": 0, "port": None}
    answers = [client.post("/predict", json=one).json() for one in (short, long)]
    assert answers[0] == answers[1]
    assert answers[0]["label"] == "died"


def test_an_explanation_adds_up_to_the_prediction(client, model_folder):
    answer = client.post("/explain", json=SOPHIE).json()
    assert answer["probability"] == client.post("/predict", json=SOPHIE).json()["probability"]
    contributions = {one["feature"]: one["log_odds"] for one in answer["contributions"]}
    assert list(contributions) == list(SOPHIE)
    log_odds = answer["base_log_odds"] + sum(contributions.values())
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(answer["probability"], abs=1e-9)
    model = CatBoostClassifier().load_model(str(model_folder / "model.cbm"))
    row = np.array([[NUMBERS.get(value, value) for value in SOPHIE.values()]], dtype="float32")
    shap = model.get_feature_importance(Pool(row), type="ShapValues")[0].tolist()
    assert [*contributions.values(), answer["base_log_odds"]] == shap
    assert max(contributions, key=contributions.get) == "sex"


def test_the_model_says_what_it_is(client, model_folder):
    answer = client.get("/model").json()
    assert answer["model"] == json.loads((model_folder / "model.json").read_text())
    assert answer["card"] == json.loads((model_folder / "card.json").read_text())
    assert answer["version"] == answer["model"]["sha256"][:12]


def test_health_and_readiness(client, model_folder):
    assert client.get("/healthz").json() == {"status": "alive"}
    version = json.loads((model_folder / "model.json").read_text())["sha256"][:12]
    assert client.get("/readyz").json() == {"status": "ready", "model_version": version, "refused": None}


def test_every_example_of_the_documentation_is_answered_as_documented(client):
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    asked = 0
    for path in ("/predict", "/explain"):
        operation = document["paths"][path]["post"]
        examples = operation["requestBody"]["content"]["application/json"]["examples"]
        answers = operation["responses"]["200"]["content"]["application/json"]["examples"]
        for name, example in examples.items():
            answer = client.post(path, json=example["value"])
            assert answer.status_code == 200
            assert answer.json().keys() == answers[name]["value"].keys()
            asked += 1
    assert asked == 3
    names = document["components"]["schemas"]["Passenger"]["properties"]
    assert list(names) == list(SOPHIE)
    assert (names["fare_pounds"]["minimum"], names["fare_pounds"]["maximum"]) == (0, 1000)
