"""What the service answers: the JSON of /predict and /explain, written and documented from one definition."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response

from features import NAMES

LABELS: tuple[Literal["died"], Literal["survived"]] = ("died", "survived")

Probability = Annotated[float, Meta(ge=0, le=1, description="of survival")]
Label = Annotated[
    Literal["died", "survived"], Meta(description="survived where the probability is above 0.5")
]
Version = Annotated[str, Meta(description="the first 12 digits of the model file's SHA-256")]


class Prediction(msgspec.Struct, gc=False):
    probability: Probability
    label: Label


class Answer(msgspec.Struct):
    probability: Probability
    label: Label
    model_version: Version


class Answers(msgspec.Struct):
    predictions: Annotated[list[Prediction], Meta(description="in the order of the request")]
    model_version: Version


class Contribution(msgspec.Struct):
    feature: str
    log_odds: float


class Explanation(msgspec.Struct):
    probability: Probability
    base_log_odds: Annotated[float, Meta(description="what the model says of nobody in particular")]
    contributions: Annotated[
        list[Contribution], Meta(description="SHAP values; with the base they add up to the log-odds")
    ]
    model_version: Version


def answer_one(probability: float, version: str) -> Answer:
    return Answer(probability, LABELS[probability > 0.5], version)


def answer_many(probabilities: list[float], version: str) -> Answers:
    died, survived = LABELS
    predictions = [Prediction(one, survived if one > 0.5 else died) for one in probabilities]
    return Answers(predictions, version)


def answer_why(probability: float, base: float, contributions: list[float], version: str) -> Explanation:
    return Explanation(probability, base, list(map(Contribution, NAMES, contributions)), version)


def respond_json(answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
