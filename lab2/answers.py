"""What a server may answer to a download: which faults pass, which end it, and how that is said."""

import sys
from http import HTTPStatus
from urllib.parse import urljoin

import requests
from requests.exceptions import ChunkedEncodingError, SSLError
from tenacity import RetryCallState

from common.stage import LabError

from urls import scheme_of, shown

SCHEMES = ("http", "https")
TRIES = 4
MOST_REDIRECTS = 5


class BusyError(Exception):
    """The server has a fault that may pass."""


def may_pass(error: BaseException) -> bool:
    passing = (BusyError, requests.ConnectionError, requests.Timeout, ChunkedEncodingError)
    return isinstance(error, passing) and not isinstance(error, SSLError)


def refuse_other_schemes(response: requests.Response, **_: object) -> None:
    """Stop before a redirect to what is not http or https is followed."""
    if response.is_redirect:
        target = urljoin(response.url, response.headers["Location"])
        if scheme_of(target) not in SCHEMES:
            raise LabError(
                f"'{shown(response.url)}' redirects to '{shown(target)}': only http and https are followed"
            )


def refuse_answer(url: str, response: requests.Response) -> None:
    """Raise what an answer that has no table in it means."""
    status, headers = response.status_code, response.headers
    said = f"{status} {response.reason}".strip()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise BusyError(f"answers {said}")
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise LabError(f"'{shown(url)}' answers {said}: mend the address, or ask who keeps it")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise LabError(f"'{shown(url)}' came packed ({headers['Content-Encoding']}): give a plain file")
    if headers.get("Content-Type", "").startswith("text/html"):
        raise LabError(f"'{shown(url)}' is a web page, not a CSV: give the address of the file itself")


def refuse_size(url: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise LabError(f"'{shown(url)}' has more than {max_bytes} bytes: raise --max-mb if you want it all")


def explain(error: Exception) -> str:
    """Return what went wrong and what to do, without the address: that may have a password or a token."""
    match error:
        case BusyError():
            return f"{error}, {TRIES} times: try again later"
        case SSLError():
            return "has a certificate that is not trusted: mend the address, or ask who keeps it"
        case requests.TooManyRedirects():
            return f"redirects more than {MOST_REDIRECTS} times: mend the address"
        case requests.Timeout():
            return f"did not answer in time, {TRIES} times: try again later"
        case ChunkedEncodingError():
            return f"broke off, {TRIES} times: run the same command again, it goes on from there"
        case requests.ConnectionError():
            return f"cannot be reached, {TRIES} times: look at the address and at the network"
    return "is not an address that can be used: mend it"


def tell(state: RetryCallState) -> None:
    """Say why a download waits."""
    reason = explain(state.outcome.exception()).partition(",")[0]
    print(f"the server {reason}: again in {state.next_action.sleep:.1f} s", file=sys.stderr)
