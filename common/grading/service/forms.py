"""Makes requests from the forms of a service's own pages, as a person fills them in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from common.grading.service.candidates import Candidate, Place
from common.grading.service.exchange import Client, Request
from common.grading.service.values import Knowledge, distinct, scaled, upload

MOST_PAGES, MOST_FORMS, MOST_FIELDS = 5, 8, 100
PAGE_CHARACTERS = 50_000


@dataclass
class Form:
    action: str
    method: str
    is_multipart: bool
    fields: list[tuple[str, str, str, list[str]]] = field(default_factory=list)  # name, type, value, choices


class _Reader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.is_inside = False
        self.choices: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attributes}
        if tag == "form" and len(self.forms) < MOST_FORMS:
            is_multipart = "multipart" in about.get("enctype", "")
            self.forms.append(Form(about.get("action", ""), about.get("method", "get").upper(), is_multipart))
            self.is_inside = True
        if not self.is_inside or not self.forms or len(self.forms[-1].fields) >= MOST_FIELDS:
            return
        name, kind, value = about.get("name", ""), about.get("type", "text").lower(), about.get("value", "")
        if tag == "option" and self.choices is not None and value:
            self.choices.append(value)
        elif name and tag in ("input", "textarea", "select") and kind not in ("submit", "button", "reset"):
            same = [one for one in self.forms[-1].fields if one[0] == name]
            if kind in ("radio", "checkbox") and same:
                same[0][3].append(value)
                return
            self.choices = [] if tag == "select" else None
            choices = self.choices if self.choices is not None else []
            self.forms[-1].fields.append((name, kind if tag == "input" else "text", value, choices))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        if tag == "select":
            self.choices = None


def of_pages(client: Client, paths: Iterable[str], known: Knowledge) -> Iterator[Candidate]:
    """Yield a request for each form of these pages."""
    for path in list(dict.fromkeys(["/", *paths]))[:MOST_PAGES]:
        answer = client.get(path)
        if not (answer.is_good and answer.type == "text/html"):
            continue
        reader = _Reader()
        reader.feed(answer.text[:PAGE_CHARACTERS])
        for form in reader.forms:
            action = form.action if form.action.startswith("/") and " " not in form.action else path
            yield _filled(form, action.partition("?")[0], known)


def _filled(form: Form, action: str, known: Knowledge) -> Candidate:
    where = "body" if form.method == "POST" else "query"
    values: dict[str, Any] = {}
    alternatives: dict[Place, list[Any]] = {}
    for name, kind, value, choices in form.fields:
        if kind == "file":
            values[name], others = upload(name, known)
        elif choices:
            values[name], others = value or choices[0], distinct(list(choices), value or choices[0])
        elif kind in ("number", "range"):
            number, others = known.guess(name, "integer")
            values[name] = value or number
            others = scaled(int(value)) if value.isdecimal() else others
        else:
            guess, others = known.guess(name)
            values[name] = value or guess
        alternatives[where, name] = others
    if where == "query":
        return Candidate(Request("GET", action, query=values), alternatives)
    how = "multipart" if form.is_multipart else "form"
    return Candidate(Request("POST", action, values, how), alternatives)
