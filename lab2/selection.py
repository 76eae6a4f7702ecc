"""Chooses the important measurements of a training table, by a rule that is told with each choice.

A measurement is taken if it tells the classes apart and says something new, the most telling one first:
alone it ranks a malignant tumour above a benign one (or below) often enough, and no measurement that was
taken before ranks the tumours nearly as it does.
"""

import pandas as pd
from sklearn.metrics import roc_auc_score

LEAST_AUC = 0.65  # 0.5 tells nothing
MOST_CORRELATION = 0.9  # Spearman's, of ranks: 0.81 of the one's variance is the other's


def choose_features(measurements: pd.DataFrame, labels: pd.Series) -> list[dict]:
    """Return each measurement, the most telling first, with its AUC, whether it is chosen, and why."""
    aucs = {name: float(roc_auc_score(labels, values)) for name, values in measurements.items()}
    telling = {name: max(auc, 1 - auc) for name, auc in aucs.items()}
    ranks = measurements.corr(method="spearman").abs()
    chosen: list[str] = []
    choices = []
    for name in sorted(telling, key=telling.get, reverse=True):
        like = max(chosen, key=lambda other: ranks.loc[name, other], default=None)
        if telling[name] < LEAST_AUC:
            why = f"it does not tell the classes apart: AUC under {LEAST_AUC}"
        elif like and ranks.loc[name, like] > MOST_CORRELATION:
            why = f"it ranks the tumours as {like} does: correlation {ranks.loc[name, like]:.2f}"
        else:
            why = "it tells the classes apart, and nothing before it says the same"
            chosen.append(name)
        choices.append({"name": name, "auc": round(telling[name], 4), "chosen": name in chosen, "why": why})
    return choices
