"""Switches colleague/, a new clone of workspace/, through all versions, and checks what each one means.

    python lab4/switch_versions.py

The clone's cache is empty, so every file comes from the remote, and your workspace is left as it is. A
version that cannot be had does not stop the others.
"""

import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd

from common.atomic import replace_folder
from common.stage import LabError, parser, run

from history import BRANCH, cached_file, md5_of, recorded_md5
from passengers import VERSIONS, Version
from workspace import DATASET, POINTER, dvc_errors, git, open_repository, prepare_process

HEADING = f"{'version':<12} {'rows':>5} {'columns':>8} {'missing':>8}  {'MD5':<32}  it means"


def clone_workspace(workspace: Path, clone: Path) -> None:
    if not (workspace / ".git").is_dir():
        raise LabError(f"there is no repository '{workspace}': run build_versions.py, which makes it")
    git(clone, "clone", "--quiet", "--template=", f"--branch={BRANCH}", workspace, ".")


def switch(clone: Path, tag: str) -> bytes:
    """Return the dataset's bytes after `git checkout` and `dvc pull` of its pointer."""
    git(clone, "checkout", "--quiet", tag)
    pointer = str(clone / POINTER)
    with (
        open_repository(clone) as repository,
        dvc_errors(f"getting '{DATASET}' of version '{tag}' from the remote", "look whether it is there"),
    ):
        repository.fetch([pointer])
        md5 = recorded_md5(clone, tag)
        if not cached_file(repository, md5).is_file():
            raise LabError(
                f"the remote has no good '{DATASET}' of version '{tag}' (files/md5/{md5[:2]}/{md5[2:]}): run "
                "build_versions.py, which pushes it again; if that has lost it too, rename workspace/ before"
            )
        repository.checkout([pointer], force=True)
    return (clone / DATASET).read_bytes()


def check(clone: Path, version: Version, content: bytes, tables: dict[str, pd.DataFrame]) -> str:
    """Return the MD5; LabError where it, or what is in the tables so far, is not as the tag says."""
    md5 = md5_of(content)
    if md5 != (recorded := recorded_md5(clone, version.tag)):
        raise LabError(f"version '{version.tag}': '{DATASET}' has the MD5 {md5}, its pointer says {recorded}")
    if not version.holds(tables):
        raise LabError(
            f"version '{version.tag}': '{DATASET}' does not mean '{version.meaning}': look at passengers.py"
        )
    return md5


def switch_all(clone: Path) -> list[LabError]:
    """Print the switch table on stderr; return what is wrong, one error a version."""
    tables: dict[str, pd.DataFrame] = {}
    errors = []
    print(HEADING, file=sys.stderr)
    for name, version in VERSIONS.items():
        try:
            content = switch(clone, version.tag)
            tables[name] = table = pd.read_csv(clone / DATASET)
            md5 = check(clone, version, content, tables)
        except LabError as error:
            errors.append(error)
            print(f"{version.tag:<12} cannot be had", file=sys.stderr)
            continue
        missing = int(table.isna().sum().sum())
        print(
            f"{version.tag:<12} {len(table):>5} {table.shape[1]:>8} {missing:>8}  {md5}  {version.meaning}",
            file=sys.stderr,
        )
    return errors


def main(arguments: Namespace) -> None:
    folder = arguments.folder.resolve()
    prepare_process(folder)
    with replace_folder(folder / "colleague") as clone:
        clone_workspace(folder / "workspace", clone)
        errors = switch_all(clone)
    if errors:
        raise LabError(f"{len(errors)} of {len(VERSIONS)} versions cannot be had: {errors[0]}")


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
