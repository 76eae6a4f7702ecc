"""A table from the web: every way in which a server can fail, and what is never used or shown."""

import gzip
import hashlib
import json
import re

import pytest

from common.tests.tools import hash_files
from lab2.tests.servers import Answer

SECRET = "u53r:s3cret"  # noqa: S105 - of no server


@pytest.fixture
def content(table):
    return table.to_csv(index=False, lineterminator="\n").encode()


def raw(folder):
    return (folder / "data" / "raw" / "measurements.csv").read_bytes()


def test_a_public_csv_takes_the_place_of_the_builtin_table(web, content, pipeline_run, stage, tmp_path):
    web.answers = [Answer(body=content)]
    for name in ("data_creation", "data_preprocessing", "model_preparation", "model_testing"):
        options = ["--source", f"{web.url}/wdbc.csv"] if name == "data_creation" else []
        ended = stage(name, *options)
        assert ended.code == 0, ended.err
    assert ended.out == "Model test accuracy is: 0.972\n"  # the same rows, so the same model
    assert raw(tmp_path) == content
    assert hash_files(tmp_path / "model") == hash_files(pipeline_run[1] / "model")


def test_503_then_200_is_tried_again(web, content, stage, tmp_path):
    web.answers = [Answer(503), Answer(body=content)]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "the server answers 503 Service Unavailable: again in 0.5 s\n"
    assert raw(tmp_path) == content
    assert len(web.requests) == 2


def test_404_is_not_tried_again(web, stage, tmp_path):
    web.answers = [Answer(404)]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' answers 404 Not Found: mend the address, or ask who keeps it\n",
    )
    assert len(web.requests) == 1
    assert not (tmp_path / "data" / "raw").exists()


def test_a_server_that_is_always_busy_is_given_up(web, stage):
    web.answers = [Answer(500)]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert ended.err.splitlines() == [
        *(
            f"the server answers 500 Internal Server Error: again in {wait} s"
            for wait in ("0.5", "1.0", "2.0")
        ),
        f"data_creation.py: '{web.url}/a.csv' answers 500 Internal Server Error, 4 times: try again later",
    ]


def test_what_broke_off_is_continued_when_it_is_the_same_file(web, content, stage, tmp_path):
    tag = {"ETag": '"one"'}
    web.answers = [
        Answer(body=content, cut=50_000, headers=tag),
        Answer(body=content, headers=tag, resumes=True),
    ]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert (ended.code, ended.err) == (0, "the server broke off: again in 0.5 s\n")
    start = 50_000 // 8192 * 8192  # what came in whole chunks
    assert (web.requests[1]["Range"], web.requests[1]["If-Range"]) == (f"bytes={start}-", '"one"')
    assert raw(tmp_path) == content


@pytest.mark.parametrize("tag", ['"one"', 'W/"one"', ""])
def test_what_broke_off_is_begun_again_when_it_may_be_another_file(web, content, stage, tmp_path, tag):
    other = content.replace(b"M", b"malignant")
    web.answers = [Answer(body=content, cut=50_000, headers={"ETag": tag}), Answer(body=other)]
    assert stage("data_creation", "--source", f"{web.url}/a.csv").code == 0
    assert ("Range" in web.requests[1]) == (tag == '"one"')  # only a strong tag promises the same bytes
    assert raw(tmp_path) == other


def test_what_always_breaks_off_is_never_used(web, content, stage, tmp_path):
    web.answers = [Answer(body=content, cut=50_000)]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert ended.code == 1
    assert ended.err.endswith("broke off, 4 times: run the same command again, it goes on from there\n")
    assert list(tmp_path.rglob("*.csv")) == []


def test_a_length_that_is_too_short_is_noticed(web, content, stage, tmp_path):
    web.answers = [Answer(body=content, headers={"Content-Length": "50000"})]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    found = hashlib.sha256(content[:50_000]).hexdigest()
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' ends in the middle of a line, so it may be cut: "
        f"give --sha256 {found} if it is whole\n",
    )
    assert list(tmp_path.rglob("*.csv")) == []


@pytest.mark.parametrize("said", [{}, {"Content-Length": "99999999999"}, {"Transfer-Encoding": "chunked"}])
def test_more_than_the_limit_is_refused_whatever_length_is_said(web, stage, said):
    body = b"x,y\n" * 300_000
    if "Transfer-Encoding" in said:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    web.answers = [Answer(body=body, headers=said)]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv", "--max-mb", 1)
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' has more than 1000000 bytes: "
        "raise --max-mb if you want it all\n",
    )


def test_a_packed_answer_is_refused_so_nothing_can_swell(web, stage):
    web.answers = [Answer(body=gzip.compress(b"0" * 10**8), headers={"Content-Encoding": "gzip"})]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert web.requests[0]["Accept-Encoding"] == "identity"
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' came packed (gzip): give a plain file\n",
    )


def test_a_web_page_is_no_table(web, stage):
    web.answers = [Answer(body=b"<html>\n", headers={"Content-Type": "text/html; charset=utf-8"})]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert ended.err.endswith("is a web page, not a CSV: give the address of the file itself\n")


@pytest.mark.parametrize("pause_s", [0.1, 30])
def test_a_slow_server_does_not_hold_the_conveyor(web, content, stage, pause_s):
    web.answers = [Answer(body=content, pause_s=pause_s)]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv", "--timeout-s", 1)
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' took longer than 1 s: raise --timeout-s, or try later\n",
    )


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a.csv", "data:text/csv,a"])
def test_only_http_and_https_are_followed(web, stage, tmp_path, target):
    web.answers = [Answer(302, headers={"Location": target})]
    ended = stage("data_creation", "--source", f"{web.url}/a.csv")
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' redirects to '{target}': only http and https are followed\n",
    )
    assert list(tmp_path.rglob("*.csv")) == []


def test_a_redirect_is_followed_but_not_in_a_circle(web, content, stage):
    web.answers = [Answer(301, headers={"Location": "/there.csv"}), Answer(body=content)]
    assert stage("data_creation", "--source", f"{web.url}/a.csv").code == 0
    web.answers = [Answer(302, headers={"Location": "/again.csv"})]
    ended = stage("data_creation", "--source", f"{web.url}/b.csv")
    assert ended.err.endswith("redirects more than 5 times: mend the address\n")


def test_another_sha256_is_never_used_and_the_right_one_needs_no_network(web, content, stage, tmp_path):
    web.answers = [Answer(body=content)]
    right, wrong = hashlib.sha256(content).hexdigest(), "0" * 64
    ended = stage("data_creation", "--source", f"{web.url}/a.csv", "--sha256", wrong)
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{web.url}/a.csv' has SHA-256 {right}, not '{wrong}': "
        "mend --sha256, or do not use it\n",
    )
    assert list(tmp_path.rglob("*.csv")) == []
    for _ in range(2):
        assert stage("data_creation", "--source", f"{web.url}/a.csv", "--sha256", right).code == 0
    assert len(web.requests) == 2


def test_what_has_not_changed_is_not_fetched_again(web, content, stage, tmp_path):
    tag = {"ETag": '"one"'}
    web.answers = [
        Answer(body=content, headers=tag),
        Answer(304, headers=tag),
        Answer(body=content[:-20] + b"\n"),
    ]
    for _ in range(2):
        assert stage("data_creation", "--source", f"{web.url}/a.csv").code == 0
        assert raw(tmp_path) == content
    assert web.requests[1]["If-None-Match"] == '"one"'
    assert stage("data_creation", "--source", f"{web.url}/a.csv").code == 0
    assert raw(tmp_path) == content[:-20] + b"\n"


def test_a_server_that_is_gone_is_an_error_not_an_old_table(web, content, stage, tmp_path):
    web.answers = [Answer(body=content), Answer(500)]
    assert stage("data_creation", "--source", f"{web.url}/a.csv").code == 0
    before = hash_files(tmp_path / "data")
    assert stage("data_creation", "--source", f"{web.url}/a.csv").code == 1
    assert hash_files(tmp_path / "data") == before


def test_nothing_secret_is_printed_or_saved(web, content, stage, tmp_path, monkeypatch):
    secret = web.url.replace("http://", f"http://{SECRET}@") + "/a.csv?token=t0ken"
    ended = []
    for answers, source in (
        ([Answer(body=content)], secret),
        ([Answer(404)], secret),
        ([Answer(302, headers={"Location": f"ftp://{SECRET}@127.0.0.1/?token=t0ken"})], secret),
        ([Answer(200)], re.sub(r":\d+/", ":1/", secret)),
        ([Answer(200)], secret.replace("http:", "gopher:")),
        ([Answer(200)], secret.replace("127.0.0.1", "[::x")),
    ):
        web.answers = answers
        monkeypatch.setenv("TABLE_URL", source)
        ended += [
            stage("data_creation", "--source", "env:TABLE_URL"),
            stage("data_creation", "--sorce", source),
        ]
    said = "".join(one.out + one.err for one in ended)
    saved = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert [one.code for one in ended] == [0, 2] + [1, 2] * 5, said
    assert "Traceback" not in said
    assert not re.search("s3cret|t0ken", said)
    assert not re.search(b"s3cret|t0ken", saved)
    source = json.loads((tmp_path / "data" / "raw" / "source.json").read_text())["source"]
    assert source == f"{web.url}/a.csv?***".replace("http://", "http://***@")
