"""What counts as a version, a remote, a secret, a meaning; small cases, without git."""

import hashlib
import json
from pathlib import Path

import pytest

from common.grading.versions import boxed_data, boxed_git
from common.grading.versions.data import Column, Table
from common.grading.versions.datasets import find_datasets, locate
from common.grading.versions.documents import unnamed_in
from common.grading.versions.history import Commit, File, History
from common.grading.versions.meaning import ENCODED, FILLED, RAW, read_meaning, said
from common.grading.versions.remotes import read_configuration
from common.grading.versions.scripts import acts
from common.grading.versions.yamls import read_yaml

A, B, C = ("a" * 32, "b" * 32, "c" * 32)


def history(*files: tuple[str, str], ever: tuple[str, ...] = ()) -> History:
    """Return a history with each of these files (path, content) in a commit of its own."""
    commits = tuple(Commit(f"{number:040x}", "", ()) for number in range(len(files)))
    read = tuple(File(number, path, content) for number, (path, content) in enumerate(files))
    return History(".git", commits, read, {}, frozenset(ever), False, False, "", False, 0)


def pointer(md5: str, path: str, more: str = "") -> str:
    return f"outs:\n- md5: {md5}\n  size: 9\n  path: {path}\n{more}"


def counts(*files: tuple[str, str]) -> list[int]:
    return [len(dataset.versions) for dataset in find_datasets(history(*files))]


def test_versions_are_different_md5s_of_different_commits():
    assert counts(*[("d/x.csv.dvc", pointer(md5, "x.csv")) for md5 in (A, B, A, C)]) == [3]
    assert counts(*[("x.csv.dvc", pointer(A, "x.csv"))] * 3) == [1]
    three_at_once = "".join(f"- md5: {md5}\n  path: x_v{n}.csv\n" for n, md5 in enumerate((A, B, C)))
    assert max(counts(("x.dvc", f"outs:\n{three_at_once}"))) == 1


def test_a_lock_has_versions_in_the_old_form_and_the_new():
    lock = "schema: '2.0'\nstages:\n  s:\n    cmd: c\n    outs:\n    - {path: x.csv, md5: %s, size: 1}\n"
    old = "s:\n  cmd: c\n  outs:\n  - {path: x.csv, md5: %s}\n"
    assert counts(("l/dvc.lock", old % A), ("l/dvc.lock", lock % B), ("l/dvc.lock", lock % C)) == [3]


@pytest.mark.parametrize(
    ("names", "most"),
    [
        (("titanic_v1.csv", "titanic_v2.csv", "titanic_v3.csv"), 3),
        (("titanic.csv", "titanic_filled.csv", "titanic_ohe.csv"), 3),
        (("raw.csv", "imputed.csv", "encoded.csv"), 3),
        (("train.csv", "test.csv", "submission.csv"), 1),
        (("passengers.csv", "weather.csv", "flats.csv"), 1),
        (("model.pkl", "model.pkl", "model.pkl"), 0),
        (("metrics.json", "scores.csv", "net.onnx"), 0),
    ],
)
def test_files_that_only_a_version_tells_apart_are_one_dataset(names, most):
    files = [(f"{name}.dvc", pointer(md5, name)) for name, md5 in zip(names, (A, B, C), strict=True)]
    assert max(counts(*files), default=0) == most


@pytest.mark.parametrize(
    ("out", "path"),
    [
        ({"path": "x.csv"}, "lab4/data/x.csv"),
        ({"path": "../x.csv"}, "lab4/x.csv"),
        ({"path": "x.csv", "wdir": ".."}, "lab4/x.csv"),
        ({"path": "..\\x.csv"}, "lab4/x.csv"),
        ({"path": "../../../x.csv"}, None),
        ({"path": "x.csv", "wdir": "../../.."}, None),
        ({"path": "/etc/passwd"}, None),
        ({"path": "C:\\x.csv"}, None),
        ({"path": "s3://bucket/x.csv"}, None),
        ({"path": "../.."}, None),
        ({}, None),
    ],
)
def test_an_out_stays_in_the_repository(out, path):
    assert locate("lab4/data/x.csv.dvc", out) == path


@pytest.mark.parametrize(
    "content",
    [
        "a: &a [1]\nb: *a\n",
        "[" * 100_000,
        "- " * 100_000,
        "a: " + "x" * 300_000,
        "- 1\n",
        "a: [",
        "a: !!python/x 1",
        "",
    ],
    ids=["alias", "brackets", "dashes", "large", "list", "open", "tag", "empty"],
)
def test_what_is_no_plain_yaml_is_nothing(content):
    assert read_yaml(content) == {}


CONFIG = "[core]\n    remote = s\n['remote \"s\"']\n    url = {url}\n"


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("access_key_id = AKIAIOSFODNN7EXAMPLE", "AK***"),
        ("secret_access_key = 'wJalrXUtnFEMI'", "wJ***"),
        ("password = abc", "***"),
        ("gdrive_client_secret = GOCSPX-1234567", "GO***"),
        ("connection_string = DefaultEndpointsProtocol=https", "De***"),
        ("url = https://anna:hunter22@example.org/x", "hu***"),
        ("url = https://example.org/x?token=abcdefgh", "ab***"),
        ("gdrive_service_account_json_file_path = ../keys/robot.json", "robot.json"),
    ],
)
def test_a_secret_is_named_and_masked(option, shown):
    committed = history(
        (".dvc/config", CONFIG.format(url="/x") + f"    {option}\n"), ever=("keys/robot.json",)
    )
    (found,) = read_configuration(committed).secrets
    assert (found.key, found.shown) == (option.split(" = ")[0], shown)


@pytest.mark.parametrize(
    "option",
    [
        "url = gdrive://1AbCdEfGhIjKlMnOpQrStUvWxYz",
        "gdrive_client_id = 1234-abc.apps.googleusercontent.com",
        "access_key_id = <your key id>",
        "password = ${PASSWORD}",
        "ask_password = true",
        "secret_access_key =",
        "gdrive_service_account_json_file_path = /home/anna/robot.json",
        "url = ssh://anna@example.org/store",
        "url = https://example.org/store?version=1",
    ],
)
def test_what_is_no_secret_costs_nothing(option):
    committed = history((".dvc/config", CONFIG.format(url="/x") + f"    {option}\n"))
    assert read_configuration(committed).secrets == ()


def test_remotes_are_those_of_the_newest_config():
    first, second = CONFIG.format(url="/old"), CONFIG.format(url="s3://b")
    read = read_configuration(
        history((".dvc/config", first), ("lab4/.dvc/config", ""), (".dvc/config", second))
    )
    assert [(remote.name, remote.url) for remote in read.remotes] == [("s", "s3://b")]
    assert read.files == (".dvc/config", "lab4/.dvc/config")
    assert read.default == "s"
    assert read_configuration(history((".dvc/config", "nonsense\n[x\n"))).remotes == ()


def table(rows: int = 100, **columns: tuple) -> Table:
    return Table(rows, {name: Column(*(*about, None, ())[:4]) for name, about in columns.items()})


TEXT = ("text", 0, None, ("female", "male"))
GAPS, WHOLE = ("number", 20, 30.0), ("number", 0, 30.0)


@pytest.mark.parametrize(
    ("tables", "seen"),
    [
        ([table(Sex=TEXT, Age=GAPS), table(Sex=TEXT, Age=WHOLE)], {RAW, FILLED}),
        ([table(Sex=TEXT, Age=WHOLE), table(Sex=TEXT, Age=GAPS)], {RAW, FILLED}),  # in any order
        ([table(Sex=TEXT, Age=GAPS), table(80, Sex=TEXT, Age=WHOLE)], {RAW}),  # rows dropped
        ([table(Sex=TEXT, Age=GAPS), table(Sex=TEXT)], {RAW}),  # the column dropped
        ([table(Sex=TEXT), table(Sex_male=("flag", 0), Sex_female=("flag", 0))], {RAW, ENCODED}),
        ([table(Sex=TEXT), table(Sex=TEXT, is_female=("flag", 0))], {RAW, ENCODED}),
        ([table(Sex=TEXT), table(Sex=("number", 0))], {RAW, ENCODED}),
        ([table(Sex=TEXT), table(Sex=("flag", 0))], {RAW, ENCODED}),
        ([table(Sex=TEXT), table(Sex=TEXT, IsAlone=("flag", 0))], {RAW}),
        ([table(Name=TEXT, Sex=TEXT), table(Sex=TEXT)], {RAW}),
        ([table(Age=WHOLE), table(Age=WHOLE)], set()),
        ([table(Sex=TEXT, Age=GAPS)], set()),
    ],
)
def test_what_versions_mean(tables, seen):
    assert read_meaning(tables).seen == seen


def test_gaps_filled_with_something_else_are_strange():
    raw = table(Sex=TEXT, Age=GAPS)
    assert read_meaning([raw, table(Sex=TEXT, Age=WHOLE)]).strange_fill == ""
    assert read_meaning([raw, table(Sex=TEXT, Age=("number", 0, 24.0))]).strange_fill == "Age"


@pytest.mark.parametrize(
    ("subjects", "meanings"),
    [
        (["fillna", "one-hot"], {FILLED, ENCODED}),
        (["Заполнены пропуски", "one hot encoding"], {FILLED, ENCODED}),
        (["v2-imputed"], {FILLED}),
        (["update", "new data"], set()),
    ],
)
def test_what_subjects_say(subjects, meanings):
    assert said(subjects) == meanings


def test_cells_are_described():
    assert boxed_data.describe(("1", "0", "1")) == {"missing": 0, "kind": "flag", "mean": None, "words": []}
    assert boxed_data.describe(("True", "False"))["kind"] == "flag"
    assert boxed_data.describe(("1.5", "NaN", "", "2.5")) == {
        "missing": 2,
        "kind": "number",
        "mean": 2.0,
        "words": [],
    }
    assert boxed_data.describe(("male", "Female", "NA")) == {
        "missing": 1,
        "kind": "text",
        "mean": None,
        "words": ["female", "male"],
    }
    assert boxed_data.describe(("", " "))["kind"] == "empty"


def test_only_the_right_bytes_are_believed(tmp_path):
    content = b"a,b\r\n1,2\r\n"
    whole, unix = (
        hashlib.md5(data, usedforsecurity=False).hexdigest()
        for data in (content, content.replace(b"\r", b""))
    )
    for md5 in (whole, unix, A):
        store = tmp_path / "anything" / md5[:2]
        store.mkdir(parents=True, exist_ok=True)
        (store / md5[2:]).write_bytes(content)
    stores = boxed_data.Stores(tmp_path)
    assert [stores.look_up(md5, [])[0] for md5 in (whole, unix, A, B)] == [
        "right",
        "right",
        "wrong",
        "missing",
    ]


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a/../../x.csv"])
def test_a_listing_that_leads_out_is_wrong(name, tmp_path):
    content = b"1,2\n"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    listing = json.dumps([{"md5": md5, "relpath": name}]).encode()
    whole = hashlib.md5(listing, usedforsecurity=False).hexdigest()
    for file, data in ((md5, content), (f"{whole}.dir", listing)):
        (tmp_path / file[:2]).mkdir(exist_ok=True)
        (tmp_path / file[:2] / file[2:]).write_bytes(data)
    assert boxed_data.Stores(tmp_path).describe(f"{whole}.dir", "x", [])["state"] == "wrong"


def test_a_log_is_read_oldest_first():
    new, old = "b" * 40, "a" * 40
    log = f"\x01{new}\x02second\0\n:000000 100644 {'0' * 40} {'1' * 40} A\0x\ny.dvc\0\x01{old}\x02first\0"
    log += f"\n:000000 100644 {'0' * 40} {'2' * 40} A\0one\0:100644 000000 {'3' * 40} {'0' * 40} D\0gone\0"
    commits, changes = boxed_git.read_log(log.encode())
    assert commits == [(old, "first"), (new, "second")]
    assert changes == [(0, "one", "2" * 40), (1, "x\ny.dvc", "1" * 40)]


@pytest.mark.parametrize(
    ("source", "does"),
    [
        ("import os\n\ndef f():\n    pass\n", False),
        ("X = 1\n", False),
        ("print(1)\n", True),
        ("if __name__ == '__main__':\n    f()\n", True),
        ("for x in y:\n    pass\n", True),
        ("def (:\n", True),
        ("'\\d'\n", False),
    ],
)
def test_a_script_acts_or_only_defines(source, does):
    assert acts(source) is does


@pytest.mark.parametrize(
    ("words", "unnamed"),
    [
        ("DVC with a Google Drive remote; `git checkout v1` switches", []),
        ("Настроен dvc, удалённое хранилище, переключение версий", []),
        ("DVC is installed", ["the remote", "the versions"]),
        ("A remote for versions", ["DVC"]),
    ],
)
def test_a_report_names_what_was_configured(words, unnamed, tmp_path):
    report = Path(tmp_path, "README.md")
    report.write_text(words)
    assert unnamed_in(report) == unnamed
