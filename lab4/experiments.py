"""The experiments of the workspace: their names, and their results as `dvc exp show` has them."""

import itertools
from typing import Any

from common.stage import LabError

from passengers import VERSIONS

MODELS = ("logistic", "catboost")
NAMES = [f"{dataset}-{model}" for dataset, model in itertools.product(VERSIONS, MODELS)]
METRICS, PARAMS = "results/metrics.json", "params.yaml"


def read_results(repository: Any) -> dict[str, dict]:
    """Return params and metrics by name; LabError when an experiment is missing or has failed."""
    results = {}
    for baseline in repository.experiments.show(all_commits=True):
        for found in baseline.experiments or ():
            experiment = found.revs[0]
            if experiment.name in NAMES and METRICS in getattr(experiment.data, "metrics", {}):
                results[experiment.name] = {
                    "revision": experiment.rev,
                    "params": experiment.data.params[PARAMS]["data"],
                    **experiment.data.metrics[METRICS]["data"],
                }
    for name in NAMES:
        if name not in results:
            raise LabError(
                f"the experiment '{name}' failed or was not run: look at  cd '{repository.root_dir}' && "
                f"dvc queue logs {name}  and type  bash lab4/experiments.sh"
            )
    return {name: results[name] for name in NAMES}


def best_of(results: dict[str, dict]) -> str:
    """Return the experiment that was right most often in the cross-validation; the test has no say."""
    return max(NAMES, key=lambda name: results[name]["cross_validation"])
