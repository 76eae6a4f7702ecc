"""Honest repositories in many styles."""

import json
import shutil
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
from common.tests.submissions.lab4.tables import DVC_YAML, REPORT, SCRIPTS, flats, titanic
from common.tests.submissions.lab4.work import Work
from common.tests.submissions.packing import pack

EXAMPLES: dict[str, Example] = {}
GDRIVE = "gdrive://1AbCdEfGhIjKlMnOpQrStUvWxYz012345"
CACHE = ".dvc/cache"
STAGE = """\
stages:
  make:
    cmd: python make.py
    deps: [make.py]
    outs: [data/titanic.csv]
"""


@register(EXAMPLES, 20, "the textbook: tags, a folder remote that is handed in, scripts, report, DAG")
def tags(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    return hand_in(work, CACHE, TITANIC)


@register(EXAMPLES, 20, "each version on a branch of its own; the cache is handed in, the remote is S3")
def branches(place: Path) -> Path:
    work = begin(place, "s3://bucket/store")
    tell(work)
    for number, table in enumerate(titanic(), 1):
        work.git("checkout", "-q", "-b", f"version-{number}", "main")
        work.keep(TITANIC, table, "new data")
    return hand_in(work, TITANIC)


@register(EXAMPLES, 18, "plain commits, .dvc in lab4/, a Google Drive nobody can open, no DAG; scripts tell")
def subfolder(place: Path) -> Path:
    work = Work(place / "work")
    work.write("lab4/.gitkeep", "")
    work.write("lab1/readme.md", "another lab\n")
    work.dvc("init", "--subdir", folder="lab4")
    work.dvc("remote", "add", "-d", "drive", GDRIVE, folder="lab4")
    work.commit("init")
    for table in titanic():
        work.keep(TITANIC, table, "update")
    tell(work, dag="")
    return hand_in(work, "lab4/.dvc/cache", TITANIC)


@register(EXAMPLES, 20, "dvc.yaml and dvc.lock: the stage changes, dvc repro makes the version")
def stages(place: Path) -> Path:
    work = begin(place)
    work.write("lab4/dvc.yaml", STAGE)
    work.write("lab4/README.md", REPORT)
    source = ""
    for script in SCRIPTS.values():
        source += script
        work.write("lab4/make.py", source)
        work.dvc("repro", folder="lab4")
        work.dvc("push", folder="lab4")
        work.commit("another version")
    return hand_in(work, CACHE, TITANIC)


@register(EXAMPLES, 20, "a merge history: the versions come from two branches")
def merges(place: Path) -> Path:
    work = begin(place)
    raw, filled, encoded = titanic()
    work.keep(TITANIC, raw, "raw")
    work.dvc("push")
    work.git("checkout", "-q", "-b", "fill")
    work.keep(TITANIC, filled, "filled")
    work.dvc("push")
    work.git("checkout", "-q", "main")
    tell(work)
    work.git("merge", "-q", "--no-ff", "-m", "merge fill", "fill")
    work.git("checkout", "-q", "-b", "encode")
    work.keep(TITANIC, encoded, "encoded")
    work.dvc("push")
    work.git("checkout", "-q", "main")
    work.git("merge", "-q", "--no-ff", "-m", "merge encode", "encode")
    return hand_in(work, CACHE, TITANIC)


@register(
    EXAMPLES, 18, "a shallow clone with two versions of three: 2 of 4, and the rest is said to be older"
)
def shallow(place: Path) -> Path:
    work = begin(place)
    tell(work)
    push_all(work)
    work.git("clone", "-q", "--depth", "2", f"file://{work.root}", str(place / "clone"))
    shutil.move(work.root / "storage", place / "clone/storage")
    return place / "clone"


@register(EXAMPLES, 19, "no default remote, which costs nothing; no report")
def no_default(place: Path) -> Path:
    work = begin(place)
    work.dvc("remote", "default", "--unset")
    for table in titanic():
        work.keep(TITANIC, table, "update")
        work.dvc("push", "-r", "storage")
    tell(work)
    work.remove("lab4/README.md")
    work.commit("no report")
    return hand_in(work, TITANIC)


@register(
    EXAMPLES, 20, "DVC 2: another layout of the store, no hash in the pointers, Windows line ends; flats"
)
def old_dvc(place: Path) -> Path:
    work = begin(place)
    for table in flats():
        work.keep("data/flats.csv", table, "flats")
        work.dvc("push")
        pointer = work.root / "data/flats.csv.dvc"
        pointer.write_bytes(pointer.read_bytes().replace(b"  hash: md5\n", b"").replace(b"\n", b"\r\n"))
        work.git("commit", "-q", "-a", "--amend", "-m", "flats")
    for script in SCRIPTS:
        work.write(script, SCRIPTS[script].replace("\n", "\r\n"))
    work.write("README.md", REPORT.replace("\n", "\r\n"))
    work.write("dvc.yaml", DVC_YAML)
    work.commit("scripts")
    for store in (work.root / CACHE, work.root / "storage"):
        for part in (store / "files/md5").glob("??"):
            part.rename(store / part.name)
        shutil.rmtree(store / "files")
    for path in (work.root / "storage").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # DVC 2 hashed a text without them
    return hand_in(work, CACHE, "data/flats.csv")


@register(EXAMPLES, 20, "a bare clone alone, as `git clone --mirror` makes it, with the remote beside it")
def bare(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    tell(work)
    work.git("clone", "-q", "--mirror", str(work.root), str(place / "in/anna.git"))
    shutil.move(work.root / "storage", place / "in/anna.git/storage")
    return place / "in"


@register(
    EXAMPLES, 18, "a bundle beside an empty note: 2 of 3 for switching; the scripts tell what they mean"
)
def bundle(place: Path) -> Path:
    work = begin(place, GDRIVE)
    keep_all(work)
    tell(work, dag="")
    (place / "in").mkdir()
    work.git("bundle", "create", "-q", str(place / "in/lab4.bundle"), "--all")
    return place / "in"


@register(EXAMPLES, 10, "GitHub's zip, without .git: only 1, 2, 5, 7, 8 and 9 can be earned, and all are")
def github_zip(place: Path) -> Path:
    work = begin(place, GDRIVE)
    keep_all(work)
    tell(work)
    listed = work.git("ls-files").splitlines()
    files = {f"anna-main/{path}": (work.root / path).read_bytes() for path in listed}
    return pack(place / "anna.zip", files)


@register(
    EXAMPLES, 20, "no .git: the pipeline builds the repository, with the remote, in a folder of its own"
)
def built(place: Path) -> Path:
    root = place / "work/lab4"
    root.mkdir(parents=True)
    for name, content in SCRIPTS.items():
        (root / name).write_text(content.replace('"data"', '"workspace"'))
    (root / "README.md").write_text(REPORT)
    (root / "dvc.yaml").write_text(DVC_YAML)
    (root / "pipeline.sh").write_text(
        'set -e\ncd "$(dirname "$0")"\nmkdir -p workspace remote\n'
        "exec 3>&1 1>&2\nexport DVC_NO_ANALYTICS=1\ncd workspace\ngit init -q\n"
        "git config user.name a\ngit config user.email a@b.c\ndvc init -q\n"
        "dvc remote add -q -d store ../../remote\ncd ..\n"
        f"for script in {' '.join(SCRIPTS)}; do\n  python3 $script\n"
        '  (cd workspace; dvc add -q titanic.csv; dvc push -q; git add -A; git commit -qm "$script")\ndone\n'
        "echo 'Model test accuracy is: 0.8' >&3\n"
    )
    return root.parent


@register(EXAMPLES, 20, "a folder is the dataset, and each version has a name of its own")
def folders(place: Path) -> Path:
    work = begin(place)
    for name, table in zip(("raw", "filled", "encoded"), titanic(), strict=True):
        work.write(f"lab4/data/{name}/part.csv", table)
        work.dvc("add", name, folder="lab4/data")
        work.dvc("push")
        work.commit(name)
    tell(work)
    return hand_in(work, CACHE, *[f"lab4/data/{name}" for name in ("raw", "filled", "encoded")])


@register(
    EXAMPLES, 20, "the assignment's own example: catboost.titanic(), which is offline here; the scripts tell"
)
def catboost(place: Path) -> Path:
    work = begin(place, GDRIVE)
    keep_all(work)
    select = (
        "from catboost.datasets import titanic\n\n"
        'titanic()[0][["Pclass", "Sex", "Age"]].to_csv("data/titanic.csv", index=False)\n'
    )
    tell(work, scripts=SCRIPTS | {"1_select.py": select})
    return hand_in(work, TITANIC)


@register(EXAMPLES, 20, "a notebook makes the versions; its dvc push fails here, which is not its fault")
def notebook(place: Path) -> Path:
    work = begin(place, GDRIVE)
    keep_all(work)
    cells = [
        "from catboost.datasets import titanic\n"
        "data = titanic()[0][['Pclass', 'Sex', 'Age']].copy()\ndata.to_csv('v1.csv', index=False)",
        "data['Age'] = data['Age'].fillna(data['Age'].mean())\ndata.to_csv('v2.csv', index=False)",
        "import pandas as pd\npd.get_dummies(data).to_csv('v3.csv', index=False)\n!dvc push",
    ]
    about = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    content = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {},
        "cells": [about | {"source": c} for c in cells],
    }
    tell(work, scripts={"lab4.ipynb": json.dumps(content)})
    return hand_in(work, TITANIC)
