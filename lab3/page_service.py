"""The page's side of the service: asks it, tries again where that may help, says plainly what is wrong."""

import os
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import httpx

URL = os.environ.get("LAB3_PAGE_SERVICE", "http://127.0.0.1:8000").rstrip("/")
API_KEY = os.environ.get("LAB3_API_KEY", "")
TIMEOUT_S = 5.0  # a prediction takes milliseconds; who waits longer thinks that the page is broken
TRIES = 3
PAUSE_S = 0.3  # before the second try, twice that before the third
MOST_PASSENGERS = 1000  # in one request, as the service has it


class ServiceError(Exception):
    """The service cannot be asked now; the message is a sentence for the page."""


class RefusedError(Exception):
    """The service refuses these passengers. `reasons` has, by their place in the request, why."""

    def __init__(self, detail: str, reasons: dict[int, str]) -> None:
        super().__init__(detail)
        self.reasons = reasons


def predict(people: Sequence[dict[str, Any]]) -> list[float]:
    """Return the probability of survival of each passenger, at most MOST_PASSENGERS."""
    return [one["probability"] for one in ask("POST", "/predict", list(people))["predictions"]]


def explain(person: dict[str, Any]) -> dict[str, Any]:
    """Return `probability`, `base_log_odds` and `contributions` of one passenger."""
    return ask("POST", "/explain", person)


def describe() -> dict[str, Any]:
    """Return the model's `version`, its description and its card."""
    return ask("GET", "/model")


def latency_ms() -> float:
    """Return how long one question and its answer take now."""
    began_s = time.perf_counter()
    ask("GET", "/readyz", tries=1)
    return 1000 * (time.perf_counter() - began_s)


def ask(method: str, path: str, body: Any = None, tries: int = TRIES) -> Any:
    for attempt in range(tries):
        if attempt:
            time.sleep(PAUSE_S * attempt)
        try:
            answer = _client().request(method, path, json=body)
        except httpx.TimeoutException:
            problem = f"The service is too slow: no answer within {TIMEOUT_S:g} s."
        except httpx.HTTPError as error:
            problem = f"The service at {URL} cannot be reached ({type(error).__name__})."
        else:
            if answer.status_code < 500:
                return _read(answer)
            problem = f"The service cannot answer now: {_detail(answer)}."
    raise ServiceError(problem)


@cache  # one pool of connections for all sessions of the page
def _client() -> httpx.Client:
    headers = {"Authorization": f"Bearer {API_KEY}"} if API_KEY else {}
    return httpx.Client(base_url=URL, headers=headers, timeout=TIMEOUT_S)


def _read(answer: httpx.Response) -> Any:
    if answer.status_code == httpx.codes.OK:
        return answer.json()
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        errors = answer.json().get("errors", [])
        raise RefusedError(_detail(answer), _by_place(errors))
    raise ServiceError(f"The service refuses: {_detail(answer)}.")


def _by_place(errors: Sequence[dict[str, str]]) -> dict[int, str]:
    """Return what is wrong with each passenger of a list: pointers read /3/age_years, RFC 6901."""
    reasons: dict[int, list[str]] = {}
    for error in errors:
        place, _, field = error["pointer"].removeprefix("/").partition("/")
        if place.isdigit():
            reasons.setdefault(int(place), []).append(
                f"{field}: {error['detail']}" if field else error["detail"]
            )
    return {place: "; ".join(found) for place, found in reasons.items()}


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
