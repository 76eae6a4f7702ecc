"""The history of the workspace: four versions of the dataset, then the stages that train on the last one."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import yaml

from common.files import write_table
from common.stage import LabError

from passengers import VERSIONS
from workspace import DATASET, POINTER, dvc_class, dvc_errors, ensure_identity, git, open_repository

LAB = Path(__file__).resolve().parent
BRANCH = "main"
# Dates of our own, so that the same history has the same hashes; they also tell our commits from yours.
DATES = [f"2024-01-01T00:{minute:02}:00+00:00" for minute in range(7)]
STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")
COPIED = [f"{name}.py" for name in (*STAGES, "classifiers", "passengers")] + ["dvc.yaml", "conf"]
MADE_FROM = "lab4.madeFrom"  # a setting in the workspace's .git/config
EMBEDDED = "source: embedded"
SETUP = """\
[core]
    analytics = false
    autostage = false
    check_update = false
    remote = store
[hydra]
    enabled = true
['remote "store"']
    url = {url}
    verify = true
"""
UNREACHABLE = "look whether the remote is there and open to you"
IGNORED = (
    "/data/raw/\n/data/prepared/\n/model/\n/results/\n__pycache__/\ncatboost_info/\n/mlflow.db\n/mlruns/\n"
)


def remote_url(remote: str, folder: Path) -> str:
    """Return what goes into .dvc/config: an URL as it is, a folder relative to .dvc; never a secret."""
    if "://" not in remote:
        path = Path(remote).absolute()
        return f"../../{path.relative_to(folder)}" if path.is_relative_to(folder) else str(path)
    if urlsplit(remote).password:
        raise LabError(
            f"--remote has a password for '{urlsplit(remote).hostname}' in it, which would be committed: "
            "give it by the environment"
        )
    return remote


def fingerprint(versions: Mapping[str, pd.DataFrame], source: str, url: str) -> str:
    """Return a hash of all that the history is made from."""
    digest = hashlib.sha256(f"{source} {SETUP.format(url=url)} {IGNORED}".encode())
    for table in versions.values():
        digest.update(table.to_csv(index=False).encode())
    for name in COPIED:
        files = sorted((LAB / name).rglob("*.yaml")) or [LAB / name]
        digest.update(b"".join(path.read_bytes() for path in files))
    return digest.hexdigest()


def build_history(
    workspace: Path, versions: Mapping[str, pd.DataFrame], source: str, url: str, made_from: str
) -> None:
    set_up(workspace, url)
    for date, (name, table) in zip(DATES[1:], versions.items(), strict=False):
        add_version(workspace, name, table, date)
    add_stages(workspace, source, DATES[len(versions) + 1])
    git(workspace, "config", "--local", MADE_FROM, made_from)


def set_up(workspace: Path, url: str) -> None:
    git(workspace, "init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
    ensure_identity(workspace)
    for setting, value in {"core.autocrlf": "false", "core.excludesFile": os.devnull}.items():
        git(
            workspace, "config", "--local", setting, value
        )  # DVC asks git too, and gets the workspace's answer
    dvc_class().init(str(workspace)).close()
    (workspace / ".dvc" / "config").write_text(SETUP.format(url=url), encoding="utf-8")
    (workspace / ".gitignore").write_text(IGNORED, encoding="utf-8")
    hint = "give --remote a folder, or a URL that DVC knows"
    with dvc_errors(f"setting up the remote '{url}'", hint), open_repository(workspace):
        pass  # DVC reads and checks its config
    commit(workspace, "Set up DVC with a remote", DATES[0])


def commit(workspace: Path, subject: str, date: str) -> None:
    git(workspace, "add", "--all")
    git(workspace, "commit", "--quiet", f"--message={subject}", date=date)


def add_version(workspace: Path, name: str, table: pd.DataFrame, date: str) -> None:
    version = VERSIONS[name]
    write_table(table, workspace / DATASET)
    with open_repository(workspace) as repository:
        with dvc_errors(f"adding version '{version.tag}'", "see above"):
            repository.add([str(workspace / DATASET)])
        commit(workspace, version.subject, date)
        git(workspace, "tag", "--annotate", f"--message={version.meaning}", version.tag, date=date)
        push(repository, version.tag)
    print(f"{version.tag}: committed, tagged, pushed", file=sys.stderr)


def push(repository: Any, what: str) -> None:
    with dvc_errors(f"pushing '{what}' to the remote", UNREACHABLE):
        repository.push()


def push_versions(workspace: Path, repository: Any) -> None:
    """Push the file of every tag again, where the remote has lost it.

    Not by --all-tags: DVC takes a relative remote of another revision to be below the root of the disk.
    """
    from dvc.exceptions import UploadError

    with dvc_errors("pushing the versions to the remote", UNREACHABLE):
        if failed := repository.cloud.push(recorded_hashes(workspace).values()).failed:
            raise UploadError(len(failed))


def add_stages(workspace: Path, source: str, date: str) -> None:
    """Commit the scripts and dvc.yaml as they are in the lab, reproduced here, so that dvc.lock is right."""
    from dvc.utils.hydra import compose_and_dump

    for name in COPIED:
        if (LAB / name).is_dir():
            shutil.copytree(LAB / name, workspace / name)
        else:
            shutil.copyfile(LAB / name, workspace / name)
    config = workspace / "conf" / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(EMBEDDED, f"source: {source}"), encoding="utf-8"
    )
    compose_and_dump(str(workspace / "params.yaml"), str(config.parent), None, "config", "", [])
    with open_repository(workspace) as repository:
        with dvc_errors("reproducing the stages", "see above"):
            repository.reproduce()
        commit(workspace, "Train on the last version, by stages", date)
        push(repository, "stages")


def recorded_md5(repository: Path, revision: str) -> str:
    """Return the MD5 that a version's pointer has."""
    pointer = yaml.safe_load(git(repository, "show", f"{revision}:{POINTER}"))
    return pointer["outs"][0]["md5"]


def is_complete(workspace: Path, made_from: str) -> bool:
    with suppress(LabError):
        tags = git(workspace, "tag", "--list").split()
        return (
            (workspace / ".git").is_dir()
            and git(workspace, "config", "--local", MADE_FROM).strip() == made_from
            and all(version.tag in tags for version in VERSIONS.values())
        )
    return False


def has_work_of_yours(workspace: Path) -> bool:
    """Say whether anything in it was not built here: a change, a commit, a stash."""
    try:
        if not (workspace / ".git").is_dir():
            return any(workspace.iterdir())
        changes = git(workspace, "status", "--porcelain", "--untracked-files=all")
        dates = git(workspace, "log", "--exclude=refs/exps/*", "--all", "HEAD", "--format=%cI").split()
    except LabError:
        return True  # a broken repository may still be mended by who knows what was in it
    return bool(changes) or not set(dates) <= set(DATES)


def keep_aside(workspace: Path) -> Path:
    number = 1
    while (kept := workspace.with_name(f"{workspace.name}-kept-{number}")).exists():
        number += 1
    return workspace.rename(kept)


def cached_file(repository: Any, md5: str) -> Path:
    return Path(repository.cache.local.oid_to_path(md5))


def recorded_hashes(workspace: Path) -> dict[str, Any]:
    from dvc_data.hashfile.hash_info import HashInfo

    tags = [version.tag for version in VERSIONS.values()]
    return {tag: HashInfo("md5", recorded_md5(workspace, tag)) for tag in tags}


def mend_cache(workspace: Path, repository: Any) -> list[str]:
    """Take spoilt files out of the cache, get them from the remote again; return the tags they belong to.

    DVC itself does not look into a file of its cache that is read-only, as all of them are.
    """
    spoilt = {}
    for tag, known in recorded_hashes(workspace).items():
        file = cached_file(repository, known.value)
        if file.is_file() and md5_of(file.read_bytes()) != known.value:
            file.unlink()
            spoilt[tag] = known
    if spoilt:
        with dvc_errors(f"getting {list(spoilt)} from the remote", UNREACHABLE):
            repository.cloud.pull(spoilt.values())
    return [tag for tag, known in spoilt.items() if cached_file(repository, known.value).is_file()]


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
