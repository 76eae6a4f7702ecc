"""Judges what listens on a port: a Streamlit page, an API, or something that only speaks HTTP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from common.grading.service.api import Api
from common.grading.service.candidates import Candidate, documented, is_shallow, of_routes
from common.grading.service.exchange import Client, Request
from common.grading.service.forms import of_pages
from common.grading.service.openapi import candidates
from common.grading.service.page import GARBAGE, Page, PageError, Seen
from common.grading.service.sources import METHODS, Source, routes
from common.grading.service.values import Knowledge
from common.grading.texts import text

FULL, HEALTHY, HALF = 5, 2, 3  # of 5
MOST_PRESSED = 4
NOT_FOUND = re.compile(
    r"No such file|FileNotFound|not found|does not exist|doesn't exist|cannot open|не найден", re.I
)


@dataclass(frozen=True)
class Judged:
    """How a port answers, of 5 points, and how it takes bad input, of 2; with the words for what was lost."""

    kind: str  # "page", "api", or "http" for what is neither
    answers: int
    found: str = ""
    help: str = ""
    bad_input: int = 2
    bad_found: str = ""
    why_not_asked: str = ""  # why nothing can be said of bad input
    misses_file: bool = False  # it fails for want of a file


def judge(
    client: Client, lab_sources: list[Source], known: Knowledge, examples: list[Candidate]
) -> Judged | None:
    """Talk to a port; None when it does not speak HTTP."""
    health = client.get("/_stcore/health")
    if health.status == 0:
        return None
    if health.text.strip() == "ok":
        return _judge_page(client)
    if requests := _gradio(client):
        return _judge_api(client, iter(requests))
    document = client.get("/openapi.json").json()
    declared = routes(lab_sources)
    if isinstance(document, dict) and isinstance(document.get("paths"), dict):
        paths = [
            path for path, item in document["paths"].items() if isinstance(item, dict) and "post" in item
        ]
        told = [one for one in examples if one.request.path in paths] or _sent_to(examples, paths)
        return _judge_api(client, chain(told, candidates(document, known)))
    paths = [route.path for route in declared if route.method != "GET"]
    told = [one for one in examples if one.request.path in paths] or _sent_to(examples, paths)
    pages = [route.path for route in declared if route.method == "GET"]
    judged = _judge_api(client, chain(told, of_pages(client, pages, known), of_routes(declared, known)))
    return (
        judged if judged.answers > HEALTHY or declared else Judged("http", HEALTHY, judged.found, judged.help)
    )


def _sent_to(examples: list[Candidate], paths: list[str]) -> list[Candidate]:
    """Return the examples for paths that a README does not say in a way that can be read."""
    from dataclasses import replace

    return [
        replace(one, request=replace(one.request, path=path)) for path in paths[:2] for one in examples[:5]
    ]


def _gradio(client: Client) -> list[Candidate]:
    """Return requests for the functions of a Gradio page, with the inputs that it gives as examples."""
    found = []
    for prefix in ("/gradio_api", ""):
        info = client.get(f"{prefix}/info").json()
        named = info.get("named_endpoints") if isinstance(info, dict) else None
        for name, about in list(named.items())[:MOST_PRESSED] if isinstance(named, dict) else ():
            parameters = about.get("parameters") if isinstance(about, dict) else None
            if re.fullmatch(r"/\w+", name) and isinstance(parameters, list):
                given = [one.get("example_input") for one in parameters if isinstance(one, dict)]
                found.append(Candidate(Request("POST", f"{prefix}/run{name}", {"data": given}, "json")))
        if found:
            break
    return [one for one in found if is_shallow(one.request.body)]


def _judge_api(client: Client, requests: Iterator[Candidate]) -> Judged:
    api = Api(client)
    if not api.find(requests):
        refused = api.refused[0] if api.refused else None
        words = " ".join(answer.text[:2000] for _, answer in api.refused)
        if refused is None:
            found, help_ = (
                text("no route that takes a request"),
                text("write an example with curl into the README"),
            )
        else:
            found = text(
                "{method} {path} was answered with {status}: {words}",
                method=refused[0].request.method,
                path=refused[0].request.path,
                status=refused[1].status,
                words=refused[1].problem or refused[1].text,
            )
            help_ = text("write an example with curl into the README, and see that it is answered")
        is_alive = any(answer.status for _, answer in api.refused) or client.get("/").status > 0
        why = text("no request was found that it answers")
        return Judged(
            "api",
            HEALTHY if is_alive else 0,
            found,
            help_,
            why_not_asked=why,
            misses_file=bool(NOT_FOUND.search(words)) or any(a.status == 500 for _, a in api.refused),
        )
    assert api.valid  # noqa: S101
    assert api.answer  # noqa: S101
    answers, found, help_ = FULL, "", ""
    if not api.is_dependent:
        answers = HEALTHY
        found = text(
            "{method} {path} answers the same, whatever it is asked, or each time something else: {words}",
            method=api.valid.request.method,
            path=api.valid.request.path,
            words=api.answer.text,
        )
        help_ = text("answer with what the model predicts from the request")
    return _with_bad_input(api, Judged("api", answers, found, help_))


def _with_bad_input(api: Api, judged: Judged) -> Judged:
    wrong = api.wrong()
    silent = [what for what, says_so in wrong if not says_so]
    points, found = 2, ""
    if not api.is_answering():
        points, found = 0, text("after bad input it no longer answers a right request")
    elif not wrong:
        return Judged(**{**vars(judged), "why_not_asked": text("nothing wrong can be sent to it")})
    elif silent:
        points = 0 if len(silent) == len(wrong) else 1
        found = text("no word about {what}", what=", ".join(silent))
    return Judged(**{**vars(judged), "bad_input": points, "bad_found": found})


def _judge_page(client: Client) -> Judged:
    try:
        with Page(client) as page:
            seen = page.load()
            if seen.exceptions or not seen.is_finished or not seen.elements:
                return _broken(seen, text("as it loads"))
            said = " ".join(seen.alerts)
            pressed = _press_all(page, seen, {})
            if pressed.exceptions:
                return _broken(pressed, text("when its button is pressed"), HALF)
            wrong = _press_wrong(page, seen)
    except PageError as error:
        return Judged(
            "page",
            HEALTHY,
            text("its health is good, but {error}", error=error),
            text("open the page in a browser and mend what it says"),
            why_not_asked=text("the page does not load"),
        )
    lives = client.get("/_stcore/health").text.strip() == "ok"
    misses = bool(NOT_FOUND.search(" ".join([said, *pressed.alerts])))
    if wrong or not lives:
        words = (
            text("an exception on the page: {words}", words=wrong) if wrong else text("it no longer answers")
        )
        return Judged("page", FULL, bad_input=0, bad_found=words, misses_file=misses)
    return Judged("page", FULL, misses_file=misses)


def _broken(seen: Seen, when: str, points: int = HEALTHY) -> Judged:
    words = (
        seen.exceptions[0]
        if seen.exceptions
        else text("its script does not come to an end, or shows nothing")
    )
    return Judged(
        "page",
        points,
        text("{when}: {words}", when=when, words=words),
        text("open the page in a browser and mend what it says"),
        why_not_asked=text("the page reports an exception without bad input"),
        misses_file=bool(NOT_FOUND.search(words)),
    )


def _press_all(page: Page, seen: Seen, values: dict) -> Seen:
    """Press the buttons, one after another, and return all that was shown."""
    shown = Seen(is_finished=True)
    for button in seen.buttons[:MOST_PRESSED] or ([""] if values else []):
        after = page.press(button, values)
        shown.exceptions += after.exceptions
        shown.alerts += after.alerts
    return shown


def _press_wrong(page: Page, seen: Seen) -> str:
    """Return the exception that wrong values bring up, or ""."""
    largest = {name: high for name, (_, high) in seen.numbers.items()}
    smallest = {name: low for name, (low, _) in seen.numbers.items()}
    for values in (dict.fromkeys(seen.texts, GARBAGE) | largest, dict.fromkeys(seen.texts, "") | smallest):
        if values and (after := _press_all(page, seen, values)).exceptions:
            return after.exceptions[0]
    return ""


def examples_of(lab, sources: list[Source]) -> list[Candidate]:
    paths = [route.path for route in routes(sources) if route.method.lower() in METHODS[1:]]
    return documented(lab, sources, paths or ["/predict"])
