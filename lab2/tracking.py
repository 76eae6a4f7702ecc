"""Writes a training to MLflow: what was compared, what was chosen, and the model's description."""

import json
import os
from pathlib import Path

# A server that does not answer must not hold a training for minutes; whoever sets these, has them.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")  # seconds
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing is sent but to the server that was named

import mlflow
from mlflow.exceptions import MlflowException

from common.files import read_json
from common.models import DESCRIPTION
from common.stage import LabError

from urls import shown

EXPERIMENT = "lab2"


def track(uri: str, folder: Path) -> None:
    """Write the model of `folder` to the MLflow at `uri` as one run."""
    description = read_json(folder / DESCRIPTION)
    metric = description["metric"]
    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(EXPERIMENT)
        with mlflow.start_run(run_name=metric["chosen"]):
            mlflow.log_params({"model": metric["chosen"], "seed": description["seed"]})
            mlflow.log_param("features", len(description["features"]))
            for name, scores in metric["candidates"].items():
                mlflow.log_metrics({f"{name}.{key}": value for key, value in scores.items()})
            mlflow.set_tag("model_sha256", description["sha256"])
            # As a tag: artifacts of a database's store would land in the working directory.
            mlflow.set_tag(DESCRIPTION, json.dumps(description))
    except ModuleNotFoundError as error:
        raise LabError(
            f"MLFLOW_TRACKING_URI is '{shown(uri)}', which needs all of MLflow ({error.name} is missing): "
            "type  .venv/bin/python -m pip install mlflow, or give the address of a server"
        ) from error
    except (MlflowException, OSError) as error:
        first = str(error).strip().split("\n")[0].replace(uri, shown(uri))
        raise LabError(
            f"the model is saved, but MLFLOW_TRACKING_URI '{shown(uri)}' does not take it: {first}"
        ) from None
