"""Makes report.html of a tested model: one file, readable in Jenkins' artifact page too."""

from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_curve

from candidates import probabilities
from charts import draw_calibration, draw_confusion, draw_importances, draw_roc
from gates import GROUPS
from schema import LABEL

TEMPLATE = "report.html.jinja"
REPEATS = 10  # shuffles of each feature


def render(
    model: Any, table: pd.DataFrame, malignant: np.ndarray, facts: dict[str, Any], names: list[str]
) -> str:
    """Return the page; `facts` has metrics, gates, features.json as data and model.json as about."""
    labels, metrics = table[LABEL].to_numpy(), facts["metrics"]
    false_share, true_share, _ = roc_curve(labels, malignant)
    confusion = metrics["confusion"]
    counts = np.array(
        [
            [confusion["true_negative"], confusion["false_positive"]],
            [confusion["false_negative"], confusion["true_positive"]],
        ]
    )
    groups = np.array_split(np.argsort(malignant, kind="stable"), GROUPS)
    losses = measure_importances(model, table[names].to_numpy(), labels, facts["about"]["seed"])
    order = np.argsort(-losses, kind="stable")
    charts = [
        draw_roc(false_share, true_share, metrics["roc_auc"]),
        draw_confusion(counts),
        draw_importances([names[at] for at in order], losses[order]),
        draw_calibration(
            [malignant[rows].mean() for rows in groups],
            [labels[rows].mean() for rows in groups],
            metrics["calibration_error"],
        ),
    ]
    summary = table.groupby(LABEL)[names].median().T
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE)
    failed = sum(not gate.passed for gate in facts["gates"])
    return page.render(**facts, failed=failed, charts=charts, medians=summary, rows=len(table))


def measure_importances(model: Any, features: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Return by how much the log loss grows when each feature's values are shuffled (Breiman 2001)."""
    rng = np.random.default_rng(seed)
    right = log_loss(labels, probabilities(model, features))
    grown = np.zeros(features.shape[1])
    for column in range(features.shape[1]):
        shuffled = features.copy()
        for _ in range(REPEATS):
            shuffled[:, column] = rng.permutation(features[:, column])
            grown[column] += log_loss(labels, probabilities(model, shuffled)) - right
    return (grown / REPEATS).round(6)
