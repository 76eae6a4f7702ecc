"""Writes report.md and report.svg: what is configured, the versions, the DAG, the experiments, one chart.

    python lab4/write_report.py

It reads the workspace after run_experiments.py. The same workspace gives the same bytes on every machine.
"""

import io
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd

from common.atomic import replace_file
from common.files import read_bytes
from common.stage import LabError, parser, run

from chart import draw_chart
from experiments import MODELS, best_of, read_results
from history import BRANCH, recorded_md5
from passengers import VERSIONS
from workspace import DATASET, dvc_errors, git, open_repository, prepare_process

SAME_MODEL = "logistic"  # on every version, so that versions and nothing else are compared
BY_HAND = f"""\
git init && dvc init
dvc remote add --default store ../remote
git add . && git commit -m "Set up DVC with a remote"

# once for each version, with what has been changed in {DATASET}
dvc add {DATASET}
git add {DATASET}.dvc data/.gitignore && git commit -m "Select class, sex and age"
git tag -a v1-selected -m "177 ages are missing"
dvc push

# to the first version, and back
git checkout v1-selected && dvc checkout
git checkout {BRANCH} && dvc checkout

# the stages of which something has changed, and what depends on them
dvc repro

# every dataset with every model; then the best one
dvc exp run --queue -S 'dataset=selected,imputed,encoded,features' -S 'model=logistic,catboost'
dvc exp run --run-all --jobs 2
dvc exp show
dvc exp apply NAME && git commit -a -m "Apply the best experiment" && dvc push
"""
REPORT = """\
# Report: four versions of a dataset, and what they are worth

Written by `bash lab4/experiments.sh`; do not edit it.

## What is configured

git and DVC in `workspace/`, the branch `{branch}`, and this `.dvc/config`, committed. It has no secrets: a
remote that needs some takes them from the environment.

```ini
{config}```

## The versions

{versions}

`{dataset}` at each tag. Accuracy is of the same model on each, logistic regression on the columns that are
numbers and complete: in {folds} on the passengers for training, and on {tested} others.

![Accuracy by version and model](report.svg)

## The commands, by hand

```bash
{by_hand}```

## The DAG

From `dvc dag --mermaid`:

```mermaid
{dag}```

## The experiments

From `dvc exp show`, the most accurate in cross-validation first. **{best}** is applied in `workspace/`.

{experiments}
"""


def table(headings: list[str], rows: list[list[object]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def versions_table(workspace: Path, repository, results: dict[str, dict]) -> str:
    rows = []
    for name, version in VERSIONS.items():
        md5 = recorded_md5(workspace, version.tag)
        content = read_bytes(Path(repository.cache.local.oid_to_path(md5)))
        data, result = pd.read_csv(io.BytesIO(content)), results[f"{name}-{SAME_MODEL}"]
        missing = int(data.isna().sum().sum())
        accuracies = [f"{result[metric]:.3f}" for metric in ("cross_validation", "accuracy")]
        what = [f"`{version.tag}`", *data.shape, missing, f"`{md5}`", len(content), version.meaning]
        rows.append([*what, *accuracies])
    headings = ["tag", "rows", "columns", "missing", "MD5", "bytes", "it means", "cross-validation", "test"]
    return table(headings, rows)


def experiments_table(results: dict[str, dict]) -> str:
    rows = []
    for name, result in sorted(results.items(), key=lambda item: -item[1]["cross_validation"]):
        settings = {key: value for key, value in result["params"]["model"].items() if key != "kind"}
        dataset, model = result["params"]["dataset"]["name"], result["params"]["model"]["kind"]
        shown = ", ".join(f"{key} {value}" for key, value in settings.items())
        rows.append(
            [name, dataset, model, shown, f"{result['cross_validation']:.3f}", f"{result['accuracy']:.3f}"]
        )
    return table(["experiment", "dataset", "model", "settings", "cross-validation", "test"], rows)


def draw_dag(workspace: Path) -> str:
    command = [sys.executable, "-m", "dvc", "dag", "--mermaid", "dvc.yaml"]
    ended = subprocess.run(command, cwd=workspace, capture_output=True, encoding="utf-8")
    if ended.returncode:
        raise LabError(f"dvc dag failed in '{workspace}': {ended.stderr.strip().splitlines()[-1]}")
    return "\n".join(line.replace("\t", "    ").rstrip() for line in ended.stdout.strip().splitlines()) + "\n"


def main(arguments: Namespace) -> None:
    folder = arguments.folder.resolve()
    workspace = folder / "workspace"
    prepare_process(folder)
    if not (workspace / ".git").is_dir():
        raise LabError(f"there is no repository '{workspace}': type  bash lab4/pipeline.sh")
    with open_repository(workspace) as repository, dvc_errors("reading the experiments", "see above"):
        results = read_results(repository)
        versions = versions_table(workspace, repository, results)
        tested = len(pd.read_csv(workspace / "results" / "predictions.csv"))
    report = REPORT.format(
        branch=BRANCH,
        config=git(workspace, "show", f"{BRANCH}:.dvc/config"),
        versions=versions,
        dataset=DATASET,
        folds="ten-fold cross-validation, three times,",
        tested=tested,
        by_hand=BY_HAND,
        dag=draw_dag(workspace),
        best=best_of(results),
        experiments=experiments_table(results),
    )
    accuracies = {
        model: [results[f"{name}-{model}"]["cross_validation"] for name in VERSIONS] for model in MODELS
    }
    for path, text in (
        (folder / "report.md", report),
        (folder / "report.svg", draw_chart([version.tag for version in VERSIONS.values()], accuracies)),
    ):
        with replace_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
