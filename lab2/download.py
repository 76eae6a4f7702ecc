"""Downloads one CSV: with limits, tried again when that can help, kept in a cache, never used half.

A body goes to a file `part`, which becomes the table only when it is whole. What a broken connection left
there is continued if the server says that it is still the same file (a strong ETag, RFC 9110, 13.1.5).
"""

import hashlib
import re
from http import HTTPStatus
from pathlib import Path

import requests
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from common.files import read_json, write_json
from common.stage import LabError

from answers import (
    MOST_REDIRECTS,
    TRIES,
    BusyError,
    explain,
    may_pass,
    refuse_answer,
    refuse_other_schemes,
    refuse_size,
    tell,
)
from urls import shown

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20  # without a byte
FIRST_WAIT_S = 0.5  # and twice as long each time
CHUNK_BYTES = 8192  # of a connection that breaks, less than this is lost


def download(url: str, cache: Path, *, max_bytes: int, sha256: str | None) -> Path:
    """Return the file in `cache` that has what is at `url` now, or the given SHA-256."""
    folder = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "table.csv"
    if sha256 and table.is_file() and hash_file(table) == sha256:
        return table  # that very file: nothing to ask anybody
    attempts = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(FIRST_WAIT_S),
        retry=retry_if_exception(may_pass),
        before_sleep=tell,
        reraise=True,
    )
    try:
        with requests.Session() as session:
            session.max_redirects = MOST_REDIRECTS
            session.hooks["response"] = refuse_other_schemes
            is_new = attempts(fetch, session, url, folder, max_bytes)
    except (BusyError, requests.RequestException, UnicodeError) as error:
        # Not the error's own text: it repeats the address with its query.
        raise LabError(f"'{shown(url)}' {explain(error)}") from None
    if is_new:
        accept(url, folder, sha256)
    elif sha256:
        refuse_other_hash(url, table, sha256)
    return table


def fetch(session: requests.Session, url: str, folder: Path, max_bytes: int) -> bool:
    """Bring `part` to its end; return False when the table that is there is what the server has."""
    part, table = folder / "part", folder / "table.csv"
    headers, have = {"Accept-Encoding": "identity"}, 0  # bytes as they are: no bomb to unpack
    if part.is_file() and part.stat().st_size and (tag := read_tag(folder / "part.json")):
        have = part.stat().st_size
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    elif table.is_file() and (tag := read_tag(folder / "table.json")):
        headers["If-None-Match"] = tag
    timeout_s = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with session.get(url, headers=headers, stream=True, timeout=timeout_s) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED and "If-None-Match" in headers:
            return False
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-") and have
        is_part = response.status_code == HTTPStatus.PARTIAL_CONTENT
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or (is_part and not goes_on):
            part.unlink(missing_ok=True)
            raise BusyError("sent another part than the one asked for")
        refuse_answer(url, response)
        size = have if is_part else 0
        refuse_size(url, size + int(response.headers.get("Content-Length") or 0), max_bytes)
        if not size:
            part.unlink(missing_ok=True)  # before its ETag is another one's
            write_json({"url": shown(url), "etag": response.headers.get("ETag", "")}, folder / "part.json")
        with part.open("ab") as file:
            for chunk in response.iter_content(CHUNK_BYTES):
                size += len(chunk)
                refuse_size(url, size, max_bytes)  # the length that was said need not be true
                file.write(chunk)
    return True


def accept(url: str, folder: Path, sha256: str | None) -> None:
    """Make `part` the table; one that is not known to be whole is refused and thrown away."""
    part, table = folder / "part", folder / "table.csv"
    try:
        if sha256:
            refuse_other_hash(url, part, sha256)
        elif not part.read_bytes().endswith(b"\n"):
            raise LabError(
                f"'{shown(url)}' ends in the middle of a line, so it may be cut: "
                f"give --sha256 {hash_file(part)} if it is whole"
            )
    except LabError:
        part.unlink()
        raise
    (folder / "table.json").unlink(missing_ok=True)  # so that no table has another one's ETag
    part.replace(table)
    (folder / "part.json").replace(folder / "table.json")


def refuse_other_hash(url: str, file: Path, sha256: str) -> None:
    if (found := hash_file(file)) != sha256:
        raise LabError(f"'{shown(url)}' has SHA-256 {found}, not '{sha256}': mend --sha256, or do not use it")


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tag(path: Path) -> str:
    """Return the strong ETag that was written down; a weak one does not promise the same bytes."""
    tag = read_json(path).get("etag", "") if path.is_file() else ""
    return tag if re.fullmatch(r'"[^"]*"', str(tag)) else ""
