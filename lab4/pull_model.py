"""Pulls data and model into colleague/, checks that they are what dvc.lock says, and tests the model there.

    python lab4/pull_model.py

What anybody has who clones the workspace: nothing is trained again.
"""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from common.stage import LabError, parser, run

from history import BRANCH
from workspace import dvc_errors, git, open_repository, prepare_process


def pull(clone: Path) -> None:
    if not (clone / ".git").is_dir():
        raise LabError(f"there is no repository '{clone}': run switch_versions.py, which makes it")
    workspace = clone.with_name("workspace")
    git(clone, "checkout", "--quiet", BRANCH)
    with open_repository(clone) as repository:
        with dvc_errors("getting data and model from the remote", f"type  cd '{workspace}' && dvc push"):
            repository.pull(force=True)
        if changed := repository.status():
            raise LabError(
                f"{sorted(changed)} are not what dvc.lock says: "
                f"type  cd '{workspace}' && dvc repro && git commit -a && dvc push"
            )


def main(arguments: Namespace) -> None:
    folder = arguments.folder.resolve()
    prepare_process(folder)
    pull(folder / "colleague")
    sys.stdout.flush()
    ended = subprocess.run([sys.executable, folder / "colleague" / "model_testing.py"])
    sys.exit(ended.returncode)


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
