"""Each experiment as an MLflow run in a SQLite file of the workspace; the best model registered, as champion.

A run has the experiment's parameters, metrics, dataset (the version's tag and MD5), and its model with the
signature. Models are logged as skops or .cbm, never as a pickle.
"""

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from common.files import read_json, read_table
from common.models import load_model
from common.stage import LabError

from classifiers import FORMATS, usable_columns
from experiments import PARAMS
from history import recorded_md5
from passengers import TARGET, VERSIONS, column_types

DATABASE, ARTIFACTS = "mlflow.db", "mlruns"
EXPERIMENT = MODEL = "titanic"
CHAMPION = "champion"


def import_mlflow() -> ModuleType:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # offline, and nobody asked
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    try:
        import mlflow  # here: it is an extra, and takes longer than the lab to import
    except ModuleNotFoundError as error:
        raise LabError(
            f"--track needs '{error.name}', which is missing in '{sys.executable}': "
            "type  bash common/environment.sh tracking"
        ) from None
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def track(workspace: Path, results: Mapping[str, dict], best: str) -> None:
    mlflow = import_mlflow()
    mlflow.set_tracking_uri(f"sqlite:///{workspace / DATABASE}")
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, (workspace / ARTIFACTS).as_uri())
    mlflow.set_experiment(EXPERIMENT)
    for name, result in results.items():
        with warnings.catch_warnings(action="ignore"), mlflow.start_run(run_name=name):  # hints on types
            logged = log_run(mlflow, workspace, result)
        if name == best:
            version = mlflow.register_model(logged.model_uri, MODEL).version
            mlflow.MlflowClient().set_registered_model_alias(MODEL, CHAMPION, version)
    print(f"MLflow has {len(results)} runs more, '{best}' is the {CHAMPION} of '{MODEL}'", file=sys.stderr)


def log_run(mlflow: ModuleType, workspace: Path, result: Mapping[str, Any]) -> Any:
    """Log one experiment to the run that has been started; return what MLflow knows of its model."""
    params = result["params"]
    dataset, settings = params["dataset"]["name"], params["model"]
    tag = VERSIONS[dataset].tag
    mlflow.log_params({"dataset": dataset, "source": params["source"], "seed": params["seed"], **settings})
    mlflow.log_metrics({name: result[name] for name in ("accuracy", "cross_validation")})
    model, table, predicted = read_experiment(workspace, result["revision"], settings["kind"])
    md5 = recorded_md5(workspace, tag)
    mlflow.log_input(
        mlflow.data.from_pandas(table, source=str(workspace / PARAMS), name=tag, digest=md5), context="train"
    )
    mlflow.set_tag("dataset_md5", md5)
    signature = mlflow.models.infer_signature(table, predicted)
    if settings["kind"] == "catboost":
        return mlflow.catboost.log_model(
            model, name="model", signature=signature, pip_requirements=["catboost"]
        )
    return mlflow.sklearn.log_model(
        model,
        name="model",
        signature=signature,
        serialization_format="skops",
        pip_requirements=["scikit-learn", "skops"],
    )


def read_experiment(workspace: Path, revision: str, kind: str) -> tuple[Any, pd.DataFrame, Any]:
    """Return an experiment's model, the table it was trained on, and what it says of that."""
    from dvc.api import DVCFileSystem

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = DVCFileSystem(str(workspace), rev=revision)
        for name in ("model", "data/prepared"):
            files.get(name, str(folder / Path(name).name), recursive=True)
        features = read_json(folder / "prepared" / "features.json")["features"]
        columns = usable_columns(kind, features)
        train = read_table(folder / "prepared" / "train.csv", column_types(features)).drop(columns=TARGET)
        model, _ = load_model(folder / "model", FORMATS[kind], columns)
    table = train[[column["name"] for column in columns]]
    return model, table, model.predict(table)
