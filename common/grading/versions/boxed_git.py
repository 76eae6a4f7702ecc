"""Runs in the box: what the git repositories below tree/ hold of DVC, to facts.json.

Every blob is read by git itself, with all that a repository could make git run turned off. No object is
believed to be there, and nothing that is read is of a size that the repository chooses.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

REPOSITORIES, REFS, COMMITS, FILES, PATHS, FAILURES = 20, 2000, 3000, 3000, 100_000, 20
LOG_BYTES, BLOB_BYTES, TEXT_BYTES, SUBJECT = 48 << 20, 512 << 10, 4 << 20, 200
GIT_S = 30  # one command of git
NOBODY_ASKED = {  # no other configuration, no program of the repository's choice, no other protocol or place
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_PAGER": "cat",
    "LC_ALL": "C.UTF-8",
}
SETTINGS = {
    "safe.directory": "*",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.commitGraph": "false",
    "core.multiPackIndex": "false",
    "core.quotePath": "false",
    "gc.auto": "0",
    "log.showRoot": "true",
    "log.showSignature": "false",
    "protocol.allow": "never",
}
WANTED = re.compile(r"(?:^|/)(?:[^/]+\.dvc|\.dvc/config(?:\.local)?|dvc\.lock|dvc\.yaml)$")


def command(folder: Path, *words: str) -> list[str]:
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return ["git", *settings, f"--git-dir={folder}", *words]


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nowhere", **NOBODY_ASKED}


def git(folder: Path, *words: str, send: bytes = b"", env: dict | None = None) -> tuple[bytes, str]:
    """Return what it printed, LOG_BYTES at most, and what it complained about."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(send)
        given.seek(0)
        limit = ["prlimit", f"--fsize={LOG_BYTES}", "--", *command(folder, *words)]
        try:
            ended = subprocess.run(
                limit, stdin=given, stdout=out, stderr=err, env=environment() | (env or {}), timeout=GIT_S
            )
            complaint = "" if ended.returncode == 0 else f"git ended with {ended.returncode}"
        except subprocess.TimeoutExpired:
            complaint = f"git needed more than {GIT_S} s"
        out.seek(0)
        err.seek(0)
        lines = err.read(BLOB_BYTES).decode("utf-8", "replace").splitlines()
        return out.read(LOG_BYTES), (lines[-1] if lines and complaint else complaint)


def read_blobs(folder: Path, blobs: list[str]) -> dict[str, bytes]:
    """Return those that can be read and are small."""
    sizes = {}
    for blob, answer in ask(folder, "--batch-check", blobs, lambda _: 0):
        kind, _, size = answer.partition(b" ")
        if kind == b"blob" and int(size) <= BLOB_BYTES:
            sizes[blob] = int(size)
    return {
        blob: answer.partition(b"\n")[2]
        for blob, answer in ask(folder, "--batch", list(sizes), lambda blob: sizes[blob] + 1)
    }


def ask(
    folder: Path, how: str, blobs: list[str], length: Callable[[str], int]
) -> Iterator[tuple[str, bytes]]:
    """Yield what `git cat-file` answers to each: a line, and `length` bytes after it.

    At an object that it cannot read git ends, or answers less than it says: go on after it with another git.
    """
    failures = 0
    while blobs and failures < FAILURES:
        out, _ = git(folder, "cat-file", how, "--buffer", send="\n".join([*blobs, ""]).encode())
        place = done = 0
        for blob in blobs:
            line = out.find(b"\n", place)
            end = line + 1 + length(blob)
            if line < 0 or not out.startswith(blob.encode() + b" ", place) or out[end - 1 : end] != b"\n":
                failures += 1
                break
            yield blob, out[place + len(blob) + 1 : end - 1]
            place, done = end, done + 1
        blobs = blobs[done + 1 :]


def find(tree: Path) -> Iterator[Path]:
    """Yield what git would take for its folder; a bundle becomes one."""
    for place, folders, files in os.walk(tree):
        folders.sort()
        here = Path(place)
        looks = "HEAD" in files and "objects" in folders and ("refs" in folders or "packed-refs" in files)
        if looks or here.name == ".git":
            folders[:] = [name for name in folders if name == "modules"]  # of submodules
            yield here
        for name in sorted(files):
            if name.endswith(".bundle") and (made := unbundle(here / name)):
                yield made


def unbundle(bundle: Path) -> Path | None:
    made = bundle.with_name(f"{bundle.name}.git")
    if made.exists():
        return None
    subprocess.run(["git", "init", "-q", "--bare", made], env=environment(), capture_output=True)
    fetch = ["fetch", "-q", "--no-recurse-submodules", str(bundle.absolute()), "+refs/*:refs/*"]
    git(made, "-c", "protocol.file.allow=always", *fetch, env={"GIT_ALLOW_PROTOCOL": "file"})
    tips, _ = git(made, "for-each-ref", "--format=%(refname)", "refs/heads")
    if tips.strip():
        git(made, "symbolic-ref", "HEAD", tips.decode("utf-8", "replace").split()[0])
    return made


def read_refs(folder: Path) -> dict[str, str]:
    """Return the commit of each ref that leads to one."""
    form = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
    out, _ = git(folder, "for-each-ref", f"--count={REFS}", f"--format={form}")
    refs = {}
    for line in out.decode("utf-8", "replace").splitlines():
        name, kind, commit, its_kind, its_commit = (line.split("\0") + [""] * 5)[:5]
        if "commit" in (kind, its_kind):
            refs[name] = commit if kind == "commit" else its_commit
    head, _ = git(folder, "rev-parse", "-q", "--verify", "HEAD^{commit}")
    return ({"HEAD": head.decode().strip()} if head.strip() else {}) | refs


def read_repository(folder: Path, tree: Path) -> dict:
    refs = read_refs(folder)
    starts = {
        name: commit for name, commit in refs.items() if re.match(r"HEAD$|refs/(heads|tags|remotes)/", name)
    }
    form = "--format=%x01%H%x02%s"
    words = [
        "--raw",
        "-m",
        "--no-renames",
        "--no-abbrev",
        "-z",
        "--no-notes",
        "--no-ext-diff",
        "--no-textconv",
    ]
    words += ["--ignore-missing", "--ignore-submodules=all", f"--max-count={COMMITS}", form, "--stdin"]
    log, damage = b"", "there is no commit that it can read"
    if starts:
        log, damage = git(
            folder, "log", *words, send="\n".join([*dict.fromkeys(starts.values()), ""]).encode()
        )
    commits, changes = read_log(log)
    tags: dict[str, list[str]] = {}
    for name, commit in starts.items():
        if name.startswith("refs/tags/"):
            tags.setdefault(commit, []).append(name.removeprefix("refs/tags/"))
    return {
        "folder": folder.relative_to(tree).as_posix(),
        "cloned": any(name.startswith("refs/remotes/") for name in refs),
        "shallow": (folder / "shallow").is_file(),
        "damage": damage,
        "cut": len(commits) >= COMMITS or len(log) >= LOG_BYTES,
        "experiments": sum(bool(re.match(r"refs/exps/\w\w/", name)) for name in refs),
        "commits": [[commit, subject, tags.get(commit, [])] for commit, subject in commits],
        "files": read_files(folder, changes),
        "ever": sorted({path for _, path, _ in changes})[:PATHS],
        "now": read_tips(folder, starts),
    }


def read_log(log: bytes) -> tuple[list[tuple[str, str]], list[tuple[int, str, str]]]:
    """Return the commits, oldest first, and (number of the commit, path, blob) of each file it brought."""
    commits: dict[str, str] = {}
    numbers: dict[str, int] = {}
    found, blob, number = [], "", 0
    for part in log.decode("utf-8", "surrogateescape").split("\0"):
        if part.startswith("\x01"):
            commit, _, subject = part[1:].partition("\x02")
            number = numbers.setdefault(commit, len(numbers))  # a merge comes once for each parent
            commits[commit] = printable(subject[:SUBJECT])
        elif re.match(r"\n?:\d{6} ", part):
            _, mode, _, new, change = part.split(" ")
            blob = new if mode.startswith("100") and change != "D" else ""
        elif blob:
            found.append((number, part, blob))
            blob = ""
    last = len(commits) - 1
    changes = [(last - number, printable(path), blob) for number, path, blob in reversed(found)]
    return list(reversed(commits.items())), sorted(changes, key=lambda change: change[0])


def read_files(folder: Path, changes: list[tuple[int, str, str]]) -> list[dict]:
    wanted = {}
    for number, path, blob in changes:
        if WANTED.search(path) and len(wanted) < FILES:
            wanted.setdefault((path, blob), number)
    contents = read_blobs(folder, list(dict.fromkeys(blob for _, blob in wanted)))
    files, room = [], TEXT_BYTES
    for (path, blob), number in wanted.items():
        content = contents.get(blob)
        if content is not None and (room := room - len(content)) >= 0:
            files.append({"commit": number, "path": path, "text": content.decode("utf-8", "replace")})
    return files


def read_tips(folder: Path, starts: dict[str, str]) -> list[list]:
    """Return path and size of every file that a branch holds today."""
    now: dict[str, int] = {}
    branches = [commit for name, commit in starts.items() if not name.startswith("refs/tags/")]
    for commit in list(dict.fromkeys(branches))[:REPOSITORIES]:
        out, _ = git(folder, "ls-tree", "-r", "-l", "-z", commit)
        for entry in out.decode("utf-8", "surrogateescape").split("\0"):
            about, _, path = entry.partition("\t")
            size = (about.split() or ["-"])[-1]
            if path and size.isdecimal():
                now[printable(path)] = int(size)
    return sorted(map(list, now.items()))[:PATHS]


def read_tree(tree: Path) -> dict:
    """Return the same for a tree without git: one commit of what its .gitignore files let through."""
    folder = Path(tempfile.mkdtemp(), "empty.git")
    subprocess.run(["git", "init", "-q", "--bare", folder], env=environment(), capture_output=True)
    others = ["-c", "core.bare=false", f"--work-tree={tree}", "ls-files", "-o", "--exclude-standard", "-z"]
    out, _ = git(folder, *others)
    files, now, room = [], [], TEXT_BYTES
    for path in filter(None, out.decode("utf-8", "surrogateescape").split("\0")):
        file = tree / path
        if file.is_file() and not file.is_symlink():
            now.append([printable(path), file.stat().st_size])
            if WANTED.search(path) and len(files) < FILES and (room := room - file.stat().st_size) >= 0:
                content = file.read_bytes().decode("utf-8", "replace")
                files.append({"commit": 0, "path": printable(path), "text": content})
    none = {
        "folder": "",
        "cloned": False,
        "shallow": False,
        "damage": "",
        "cut": False,
        "experiments": 0,
        "ever": [],
    }
    return none | {"commits": [["", "", []]], "files": files, "now": now}


def printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def is_bare_alone(tree: Path, folders: list[Path]) -> bool:
    """Say whether nothing lies beside the git folders: then what they hold is to be checked out."""
    if tree in folders:
        return True
    for place, names, files in os.walk(tree):
        names[:] = [name for name in names if Path(place, name) not in folders]
        if any(not name.endswith(".bundle") for name in files):
            return False
    return bool(folders)


def main() -> None:
    tree = Path("tree")
    folders = list(find(tree))[:REPOSITORIES]
    repositories = [read_repository(folder, tree) for folder in folders]
    if is_bare_alone(tree, folders):
        Path("checkout").mkdir()
        bare = tree / repositories[0]["folder"]
        git(bare, "-c", "core.bare=false", "--work-tree=checkout", "checkout", "-f", "HEAD", "--", ".")
    facts = {"repositories": repositories, "tree": read_tree(tree)}
    Path("facts.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
