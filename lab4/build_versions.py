"""Builds workspace/: a git + DVC repository with four versions of the dataset, tagged and pushed to a remote.

    python lab4/build_versions.py
    python lab4/build_versions.py --source real --remote s3://bucket/folder

The workspace appears when it is whole; whoever is killed leaves the old one. One that is there and complete
is kept, with all that you did in it: its cache is checked and its versions are pushed again.
"""

import sys
from argparse import Namespace
from pathlib import Path

from common.atomic import replace_folder
from common.stage import parser, run
from common.titanic import SOURCES, load

from history import (
    build_history,
    fingerprint,
    has_work_of_yours,
    is_complete,
    keep_aside,
    mend_cache,
    push,
    push_versions,
    remote_url,
)
from passengers import make_versions
from workspace import open_repository, prepare_process


def build(workspace: Path, source: str, url: str) -> None:
    versions = make_versions(load(source))
    made_from = fingerprint(versions, source, url)
    if is_complete(workspace, made_from):
        refresh(workspace)
        return
    if workspace.exists() and has_work_of_yours(workspace):
        kept = keep_aside(workspace)
        print(f"'{workspace}' has work of yours and is not complete: kept as '{kept}'", file=sys.stderr)
    with replace_folder(workspace) as temporary:
        build_history(temporary, versions, source, url, made_from)


def refresh(workspace: Path) -> None:
    """Repair the cache of a workspace that is complete, and push what the remote may have lost."""
    with open_repository(workspace) as repository:
        for tag in mend_cache(workspace, repository):
            print(f"{tag}: its file in the cache was spoilt, the remote gave it back", file=sys.stderr)
        push_versions(workspace, repository)
        push(repository, "stages")
    print(f"'{workspace}' is complete: kept as it is, pushed again", file=sys.stderr)


def main(arguments: Namespace) -> None:
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    prepare_process(folder)
    build(
        folder / "workspace", arguments.source, remote_url(arguments.remote or str(folder / "remote"), folder)
    )


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--source",
        choices=SOURCES,
        default="embedded",
        help="embedded: rebuilt, offline (the default); real: from the network",
    )
    options.add_argument(
        "--remote",
        metavar="URL",
        help="where the versions are pushed: a folder, s3://…, webdavs://…, or any other that DVC knows "
        "(default: the folder remote/)",
    )
    run(main, options)
