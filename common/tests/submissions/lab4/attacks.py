"""Hostile repositories: each must get no more than its honest part deserves, and reach nothing outside."""

import hashlib
import json
import shutil
import zlib
from pathlib import Path

from common.tests.attacks.rubric import MARK
from common.tests.submissions.lab4.example import TITANIC, Example, begin, hand_in, push_all, register, tell
from common.tests.submissions.lab4.examples import CACHE
from common.tests.submissions.lab4.tables import REPORT, SCRIPTS, titanic
from common.tests.submissions.lab4.work import Work

ATTACKS: dict[str, Example] = {}
TOUCH = f"touch {MARK}; rm -rf .git tree facts.json"  # what any command of an attack tries
POINTER = "outs:\n- md5: {md5}\n  size: {size}\n  hash: md5\n  path: {path}\n"
S3 = "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://bucket/store\n"


def honest(place: Path) -> Work:
    work = begin(place)
    push_all(work)
    tell(work)
    hand_in(work, CACHE, TITANIC)
    return work


def forge(place: Path, paths: list[str], config: str = S3) -> Work:
    """Return a repository that DVC never saw: pointers written by hand, one a commit."""
    work = Work(place / "work")
    work.write(".dvc/config", config)
    for number, path in enumerate(paths):
        md5 = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
        work.write("lab4/data.csv.dvc", POINTER.format(md5=md5, size=100 + number, path=path))
        work.commit(("select", "fill with the mean", "one-hot encoding")[number % 3])
    return work


@register(
    ATTACKS,
    13,
    "pointers by hand, no data: what an honest one with a remote elsewhere gets, 1 of 3 for words",
)
def forged_pointers(place: Path) -> Path:
    return forge(place, ["data.csv"] * 3).root


@register(ATTACKS, 4, "pointers to files of this machine: no dataset of the repository's")
def pointers_out(place: Path) -> Path:
    return forge(place, ["../../../../../../etc/passwd", "/etc/passwd", "..\\..\\..\\etc\\passwd"]).root


@register(ATTACKS, 13, "a remote that is a folder of this machine: it is not looked into")
def remote_of_this_machine(place: Path) -> Path:
    return forge(place, ["data.csv"] * 3, S3.replace("s3://bucket/store", "/etc")).root


@register(ATTACKS, 20, "hooks for everything, in .git and by core.hooksPath")
def hooks(place: Path) -> Path:
    work = honest(place)
    for name in (
        "post-checkout",
        "post-index-change",
        "pre-auto-gc",
        "reference-transaction",
        "fsmonitor-watchman",
    ):
        for folder in (".git/hooks", "hooks"):
            work.write(f"{folder}/{name}", f"#!/bin/sh\n{TOUCH}\n")
            (work.root / folder / name).chmod(0o755)
    work.git("config", "core.hooksPath", "hooks")
    return work.root


@register(ATTACKS, 20, "a configuration that runs commands: fsmonitor, pager, filters, diff, alias, include")
def configuration(place: Path) -> Path:
    work = honest(place)
    work.write(".gitattributes", "* filter=evil diff=evil\n")
    work.commit("attributes")
    work.write("more", f"[core]\n\tfsmonitor = {TOUCH}\n")
    settings = "core.fsmonitor core.pager core.sshCommand diff.external diff.evil.textconv filter.evil.smudge"
    for name in (*settings.split(), "filter.evil.clean", "filter.evil.process", "pager.log", "gpg.program"):
        work.git("config", name, TOUCH)
    work.git("config", "alias.log", f"!{TOUCH}")
    work.git("config", "include.path", "../more")
    return work.root


@register(ATTACKS, 20, "a remote of git that is a command, and the promise that it has what is missing")
def promise(place: Path) -> Path:
    work = honest(place)
    for name, value in {
        "remote.origin.url": f"ext::sh -c {TOUCH}",
        "remote.origin.promisor": "true",
        "extensions.partialClone": "origin",
        "core.gitProxy": TOUCH,
    }.items():
        work.git("config", name, value)
    return work.root


@register(
    ATTACKS, 6, "its objects are another repository of this machine, by alternates: nothing is in its history"
)
def alternates(place: Path) -> Path:
    work = honest(place)
    shutil.move(work.root / ".git/objects", place / "objects")
    work.write(".git/objects/info/alternates", f"{place}/objects\n")
    (work.root / ".git/objects/pack").mkdir()
    return work.root


@register(ATTACKS, 6, "its objects are a link out")
def linked_objects(place: Path) -> Path:
    work = honest(place)
    shutil.move(work.root / ".git/objects", place / "objects")
    (work.root / ".git/objects").symlink_to(place / "objects")
    return work.root


@register(ATTACKS, 17, "the remote is links to files of this machine with the right content")
def linked_remote(place: Path) -> Path:
    work = honest(place)
    for number, path in enumerate(sorted((work.root / "storage").rglob("*"))):
        if path.is_file():
            shutil.move(path, place / str(number))
            path.symlink_to(place / str(number))
    return work.root


@register(ATTACKS, 20, "10,000 commits after the versions in name only: the versions are among the newest")
def long_history(place: Path) -> Path:
    work = Work(place / "work")
    stream = "".join(
        f"commit refs/heads/main\ncommitter a <a@b.c> {number + 1} +0000\ndata 1\nx\n"
        for number in range(10_000)
    )
    work.git("fast-import", "--quiet", text=stream)
    shutil.move(work.root / ".git", place / "history")
    work.root.rmdir()
    work = begin(place)
    work.git("fetch", "-q", str(place / "history"), "main:old")
    work.git("merge", "-q", "--allow-unrelated-histories", "-m", "join", "old")
    push_all(work)
    tell(work)
    return hand_in(work, CACHE, TITANIC)


@register(ATTACKS, 6, "history by replace refs and grafts: what the commits do not hold is not there")
def replaced(place: Path) -> Path:
    work = forge(place, ["data.csv"])
    work.git("checkout", "-q", "-b", "other")
    for number in (7, 8):
        md5 = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
        work.write("lab4/data.csv.dvc", POINTER.format(md5=md5, size=7, path="data.csv"))
        work.commit("another")
    other = work.git("rev-parse", "HEAD").strip()
    work.git("checkout", "-q", "main")
    main = work.git("rev-parse", "HEAD").strip()
    work.git("replace", main, other)
    work.write(".git/info/grafts", f"{main} {other}\n")
    work.git("branch", "-D", "other")
    return work.root


@register(ATTACKS, 19, "YAML bombs: aliases of aliases, and a hundred thousand brackets")
def yaml_bombs(place: Path) -> Path:
    work = honest(place)
    lines = ["a0: &a0 [lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    work.write("lab4/dvc.yaml", "\n".join([*lines, "stages: *a11"]))
    work.write("lab4/dvc.lock", "[" * 100_000)
    work.write("lab4/more.csv.dvc", "- " * 100_000)
    work.write("lab4/3_more.csv.dvc", "outs: [{path: x.csv, md5: " + "f" * 200_000 + "}]")
    work.commit("bombs")
    return work.root


@register(ATTACKS, 11, "folders whose listing leads out: they are no right content")
def listing_leads_out(place: Path) -> Path:
    work = forge(place, [])
    content = b"reached\n"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    work.write(".gitignore", "store\n")
    work.write(f"store/files/md5/{md5[:2]}/{md5[2:]}", content)
    for number in range(3):
        entries = [{"md5": md5, "relpath": f"{'../' * (5 + number)}{MARK}"}]
        listing = json.dumps(entries).encode()
        name = hashlib.md5(listing, usedforsecurity=False).hexdigest()
        work.write(f"store/files/md5/{name[:2]}/{name[2:]}.dir", listing)
        work.write("lab4/data.dvc", POINTER.format(md5=f"{name}.dir", size=9, path="data"))
        work.commit("fill the mean, one-hot")
    return work.root


@register(ATTACKS, 20, "objects that git cannot read, and one that unpacks to a gigabyte, beside honest ones")
def broken_objects(place: Path) -> Path:
    work = honest(place)
    size = 1 << 30
    pack = zlib.compressobj(9)
    bomb = b"".join(
        [
            pack.compress(b"blob %d\0" % size),
            *(pack.compress(bytes(1 << 20)) for _ in range(64)),
            pack.flush(),
        ]
    )
    for number, content in enumerate((b"nothing", zlib.compress(b"blob 9\0short"), bomb)):
        name = f"{number + 1:040x}"
        work.write(f".git/objects/{name[:2]}/{name[2:]}", content)
        tree = f"100644 blob {name}\tx.csv.dvc\n"
        listed = work.git("mktree", "--missing", text=tree).strip()
        commit = work.git("commit-tree", "-m", "broken", listed).strip()
        work.git("update-ref", f"refs/heads/broken-{number}", commit)
    return work.root


@register(ATTACKS, 19, "names and subjects that a terminal obeys: they are shown as what they are")
def loud_names(place: Path) -> Path:
    work = begin(place)
    for number, table in enumerate(titanic()):
        work.keep("lab4/data/\x1b[2J verdict.csv", table, f"\x1b]0;hacked\x07 {number}" + "x" * 100_000)
    tell(work)
    return hand_in(work, CACHE, "storage")


@register(ATTACKS, 20, "the lab's run makes a repository with hooks and commands of its own")
def made_with_hooks(place: Path) -> Path:
    root = place / "work/lab4"
    root.mkdir(parents=True)
    for name, content in SCRIPTS.items():
        (root / name).write_text(content.replace('"data"', '"w"'))
    (root / "README.md").write_text(REPORT)
    (root / "dvc.yaml").write_text("stages:\n  a:\n    cmd: 'true'\n")
    (root / "dvc.config").write_text(S3.replace("s3://bucket/store", "../../store"))
    (root / "pipeline.sh").write_text(MAKING)
    return root.parent


MAKING = f"""\
set -e
mkdir -p w/.dvc store && cd w && git init -q && git config user.name a && git config user.email a@b.c
cp ../dvc.config .dvc/config
echo /titanic.csv >.gitignore
for script in 1_select 2_fill 3_encode; do
    python3 ../$script.py
    md5=$(md5sum <titanic.csv | cut -c1-32)
    folder=../store/files/md5/$(echo $md5 | cut -c1-2)
    mkdir -p $folder && cp titanic.csv $folder/$(echo $md5 | cut -c3-)
    printf 'outs:\\n- md5: %s\\n  size: 9\\n  path: titanic.csv\\n' $md5 >titanic.csv.dvc
    git add -A && git commit -qm $script
done
printf '#!/bin/sh\\n{TOUCH}\\n' >.git/hooks/post-checkout && chmod +x .git/hooks/post-checkout
git config core.fsmonitor '{TOUCH}'
echo /etc >.git/objects/info/alternates
ln -s /etc ../store/etc
"""


@register(ATTACKS, 0, "the grader's own answers lie in its place, in a repository of nothing")
def own_answers(place: Path) -> Path:
    work = Work(place / "work")
    for name in ("facts.json", "data.json", "tree/facts.json", "../tree/facts.json".removeprefix("../")):
        work.write(name, json.dumps({"repositories": [], "tree": {}, "objects": {}, "tables": {}}))
    work.write("json.py", f"import os; os.system({TOUCH!r})")
    work.commit("answers")
    return work.root


@register(ATTACKS, 19, "files in the way of the grader's own; a script that takes its folder away: 1 of 2")
def in_the_way(place: Path) -> Path:
    work = begin(place)
    push_all(work)
    taking = (
        "import shutil\n\nshutil.rmtree('/submission/lab4')\nopen('/submission/lab4', 'w')  # titanic()\n"
    )
    tell(work, scripts={"0_take.py": taking} | SCRIPTS)
    work.write(".passengers", "in the way")
    work.write("snapshots", "in the way")
    work.commit("in the way")
    hand_in(work, CACHE, "lab4/data")
    work.write("lab4/data", "a file")
    return work.root
