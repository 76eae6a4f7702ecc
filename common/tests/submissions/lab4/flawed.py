"""Repositories with one mistake each: it costs its own criterion."""

from pathlib import Path

from common.tests.submissions.lab4.example import (
    TITANIC,
    Example,
    begin,
    hand_in,
    keep_all,
    push_all,
    register,
    tell,
)
from common.tests.submissions.lab4.examples import CACHE, GDRIVE
from common.tests.submissions.lab4.tables import SCRIPTS, titanic

FLAWED: dict[str, Example] = {}


DRIVE = """\
['remote "drive"']
    url = gdrive://1AbCdEfGhIjKlMnOpQrStUvWxYz012345
    gdrive_client_id = 12345-abc.apps.googleusercontent.com
    gdrive_client_secret = GOCSPX-abcdefghijk
"""
SERVER = """\
['remote "server"']
    url = https://anna:hunter22@example.org/store
"""


@register(FLAWED, 18, "a secret in the committed config: 0 of 2 for the remote")
def secret(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    work.write(".dvc/config", (work.root / ".dvc/config").read_text() + DRIVE)
    work.commit("Google Drive")
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 18, "a password that the next commit takes away: the history keeps it")
def withdrawn_secret(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    config = (work.root / ".dvc/config").read_text()
    work.write(".dvc/config", config + SERVER)
    work.commit("another remote")
    work.write(".dvc/config", config)
    work.commit("oops")
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 18, "the data itself is in git too")
def data_in_git(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    work.git("add", "-f", TITANIC)
    work.commit("the data")
    return hand_in(work, CACHE)


@register(FLAWED, 19, "the folder remote is committed: the data is in git by the back door, 1 of 2")
def store_in_git(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    work.write(".gitignore", "")
    work.commit("the store")
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 17, "two versions: 2 of 4 for the history, and no version is encoded, 2 of 3")
def two_versions(place: Path) -> Path:
    work = begin(place)
    push_all(work, titanic()[:2])
    tell(work, scripts={name: SCRIPTS[name] for name in ("1_select.py", "2_fill.py")})
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 10, "three commits of the same data: no other version, so nothing to switch between")
def same_data(place: Path) -> Path:
    work = begin(place)
    for tag in ("v1", "v2", "v3"):
        work.write("lab4/notes.txt", tag)
        work.keep(TITANIC, titanic()[0], "a new version", tag)
    work.dvc("push")
    tell(work)
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 19, "one of three versions was never pushed: 2 of 3 for switching")
def lost(place: Path) -> Path:
    work = begin(place)
    for table, push in zip(titanic(), (True, False, True), strict=True):
        work.keep(TITANIC, table, "update")
        if push:
            work.dvc("push")
    tell(work)
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 19, "rows with gaps are dropped, not filled: 2 of 3 for what the versions mean")
def dropped(place: Path) -> Path:
    work = begin(place)
    raw = titanic()[0].splitlines()
    whole = [line for line in raw if not line.endswith(",")]
    encoded = [line.replace("female", "0").replace("male", "1") for line in whole]
    push_all(work, ["\n".join(lines) + "\n" for lines in (raw, whole, encoded)])
    tell(work, scripts={"1_select.py": SCRIPTS["1_select.py"]})
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 18, "what is stored of one version is something else: 1 of 3 for switching")
def corrupted(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    pointer = work.git("show", f"v2:{TITANIC}.dvc")
    md5 = pointer.partition("md5: ")[2][:32]
    stored = work.root / "storage/files/md5" / md5[:2] / md5[2:]
    stored.chmod(0o644)
    stored.write_text("something else\n")
    return hand_in(work, CACHE, TITANIC)


@register(
    FLAWED, 13, "a script fails, the others need its data: 0 of 2; nothing tells what versions mean; no DAG"
)
def failing(place: Path) -> Path:
    work = begin(place, GDRIVE)
    for table in titanic():
        work.keep(TITANIC, table, "update")
    tell(work, scripts={"make.py": "raise SystemExit('no such luck')\n"}, dag="")
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 14, "no data, no scripts, no DAG; the commits say what the versions are: 1 of 3 for that")
def said_alone(place: Path) -> Path:
    work = begin(place, GDRIVE)
    keep_all(work)
    tell(work, scripts={}, dag="")
    return hand_in(work, CACHE, TITANIC)


@register(FLAWED, 8, "data in git and no DVC at all: the scripts run, there is a report and a wish for a DAG")
def no_dvc(place: Path) -> Path:
    work = begin(place)
    work.git("rm", "-rq", ".dvc", ".dvcignore")
    for table in titanic():
        work.write(TITANIC, table)
        work.commit("data")
    tell(work)
    return hand_in(work)


@register(FLAWED, 18, "the remote is in config.local alone, 1 of 2; the report is a PDF: not run")
def uncommitted(place: Path) -> Path:
    work = begin(place, "")
    work.dvc("remote", "add", "--local", "-d", "drive", GDRIVE)
    keep_all(work)
    tell(work)
    work.git("rm", "-q", "lab4/README.md")
    work.write("lab4/report.pdf", b"%PDF-1.4 \x00")
    work.commit("report")
    return hand_in(work, TITANIC)


@register(FLAWED, 0, "nothing but a README of other labs")
def nothing(place: Path) -> Path:
    root = place / "work"
    root.mkdir(parents=True)
    (root / "README.md").write_text("# MLOps\n")
    return root
