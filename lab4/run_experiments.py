"""Runs every dataset with every model as DVC experiments in workspace/, and applies the best one there.

    python lab4/run_experiments.py
    python lab4/run_experiments.py --track

The best is the one that is right most often in the cross-validation; the test plays no part in choosing.
With --track each experiment is also a run in workspace/mlflow.db, and the best model is registered.
"""

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from common.stage import LabError, parser, run, whole_number

from experiments import NAMES, best_of, read_results
from history import BRANCH, DATES, commit, push
from tracking import import_mlflow, track
from workspace import dvc_errors, git, open_repository, prepare_process


def require_clean(workspace: Path) -> None:
    """Experiments start from a commit, and the best one is written over the files of the workspace."""
    if not (workspace / ".git").is_dir():
        raise LabError(f"there is no repository '{workspace}': type  bash lab4/pipeline.sh")
    branch = git(workspace, "branch", "--show-current").strip()
    if branch != BRANCH:
        raise LabError(f"'{workspace}' is on '{branch}': type  git -C '{workspace}' checkout {BRANCH}")
    if changes := git(workspace, "status", "--porcelain").splitlines():
        raise LabError(
            f"'{workspace}' has a change that is not committed, '{changes[0][3:]}': "
            f"type  git -C '{workspace}' stash --include-untracked, or commit it"
        )


def queue_all(repository: Any) -> None:
    """Queue one experiment a combination, in the place of those of an earlier run."""
    experiments = repository.experiments
    if running := [entry.name for entry in experiments.celery_queue.iter_active()]:
        raise LabError(
            f"the experiments {running} of another run are still going on: wait for them, or type  "
            f"cd '{repository.root_dir}' && dvc queue stop --kill"
        )
    known = experiments.celery_queue.get_ref_and_entry_by_names(NAMES)
    if earlier := [name for name, found in known.items() if any(found)]:
        experiments.remove(earlier)
    for name in NAMES:
        dataset, model = name.split("-")
        experiments.run(queue=True, name=name, params=[f"dataset={dataset}", f"model={model}"])


def apply_best(workspace: Path, repository: Any, best: str) -> None:
    repository.experiments.apply(best)
    if git(workspace, "status", "--porcelain"):
        commit(workspace, f"Apply the best experiment, {best}", DATES[-1])
    push(repository, f"experiment {best}")


def main(arguments: Namespace) -> None:
    folder = arguments.folder.resolve()
    workspace = folder / "workspace"
    prepare_process(folder)
    require_clean(workspace)
    if arguments.track:
        import_mlflow()  # rather now than after all experiments
    with open_repository(workspace) as repository, dvc_errors("running the experiments", "see above"):
        queue_all(repository)
        repository.experiments.run(run_all=True, jobs=arguments.jobs)
        repository.experiments.celery_queue.shutdown()  # else the workers wait, and keep the lab locked
        results = read_results(repository)
        best = best_of(results)
        apply_best(workspace, repository, best)
        if arguments.track:
            track(workspace, results, best)
    print(f"the best of {len(NAMES)} experiments: {best}", file=sys.stderr)


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--jobs", type=whole_number(1), default=os.cpu_count(), help="at once (default: one a processor)"
    )
    options.add_argument(
        "--track",
        action="store_true",
        help="log to MLflow too, in workspace/mlflow.db (the extra `tracking`)",
    )
    run(main, options)
