"""The passengers of the Titanic: a table rebuilt from published counts, or the real list from the network.

passengers = load("embedded")    # offline, always the same 891 rows; a reconstruction, not the real list
passengers = load("real")        # catboost.datasets.titanic(), the classic training table
"""

import io
import subprocess
import sys

import numpy as np
import pandas as pd

from common.stage import LabError

COLUMNS = ("PassengerId", "Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
SOURCES = {
    "embedded": "a reconstruction from published counts, not the real passengers",
    "real": "the classic training table, from catboost.datasets.titanic()",
}
TIMEOUT_S = 60.0  # the list is 60 kB; a line that needs longer is not there

# Counts of the classic training table (kaggle.com/c/titanic, train.csv), which any summary of it repeats.
# class, sex, survived: passengers, of them with no age, under 15, alone on board, in families of 2 to 4.
GROUPS = {
    (1, "female", 0): (3, 0, 1, 1, 2),
    (1, "female", 1): (91, 9, 1, 33, 54),
    (1, "male", 0): (77, 16, 0, 50, 25),
    (1, "male", 1): (45, 5, 3, 25, 20),
    (2, "female", 0): (6, 0, 0, 3, 3),
    (2, "female", 1): (70, 2, 10, 29, 39),
    (2, "male", 0): (91, 7, 0, 65, 26),
    (2, "male", 1): (17, 2, 9, 7, 10),
    (3, "female", 0): (72, 17, 14, 23, 25),
    (3, "female", 1): (72, 25, 13, 37, 32),
    (3, "male", 0): (300, 85, 18, 232, 42),
    (3, "male", 1): (47, 9, 9, 32, 14),
}
PORTS = {
    1: {"S": 127, "C": 85, "Q": 2, None: 2},
    2: {"S": 164, "C": 17, "Q": 3},
    3: {"S": 353, "C": 66, "Q": 72},
}
AGE_SUMS = {1: 7111, 2: 5169, 3: 8925}  # whole years; divided by the known ages 38.2, 29.9 and 25.1
ADULT_AGE_SD = {1: 15.0, 2: 13.4, 3: 11.4}  # years; with these the whole list has the real one's 14.5
ADULTS_FROM, OLDEST = 15, 80
# A fare is log-normal: mean and standard deviation of its logarithm, alone, in a small and in a large family.
FARES = {
    1: ((3.85, 0.75), (4.43, 0.49), (5.57, 0.05)),
    2: ((2.62, 0.34), (3.31, 0.37), (3.03, 0.14)),
    3: ((2.14, 0.34), (2.66, 0.36), (3.54, 0.39)),
}
# (siblings and spouses, parents and children) on board, each as likely as it stands here often.
ADULT_FAMILIES = ([(0, 0)], [(1, 0)] * 6 + [(1, 1), (0, 1), (0, 2)], [(1, 4), (1, 5), (0, 5), (3, 2)])
CHILD_FAMILIES = (
    [(0, 0)],
    [(1, 1), (0, 1), (0, 2), (1, 2), (1, 2)],
    [(4, 1), (4, 2), (3, 1), (3, 2), (5, 2)],
)
SEED = 1912


def load(source: str, timeout_s: float = TIMEOUT_S) -> pd.DataFrame:
    """Return 891 rows with the columns COLUMNS; LabError where the real list cannot be had in time."""
    return rebuild() if source == "embedded" else download(timeout_s)


def download(timeout_s: float) -> pd.DataFrame:
    """Return the real list: by a process of its own, since the library's download knows no time limit."""
    script = "import sys, catboost.datasets as d; d.titanic()[0].to_csv(sys.stdout, index=False)"
    hint = "go online, or leave out --source real"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"the real passenger list did not come within {timeout_s:g} s: {hint}") from None
    if ended.returncode:
        reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"the real passenger list cannot be had ({reason}): {hint}")
    passengers = pd.read_csv(io.StringIO(ended.stdout))
    if missing := [name for name in COLUMNS if name not in passengers]:
        raise LabError(f"the real passenger list has no column '{missing[0]}': leave out --source real")
    return passengers[list(COLUMNS)]


def rebuild() -> pd.DataFrame:
    """Return the reconstruction: its counts and mean ages are exact, who is who is drawn."""
    rng = np.random.default_rng(SEED)
    groups = [draw_group(rng, *group, *counts) for group, counts in GROUPS.items()]
    passengers = pd.concat(groups, ignore_index=True)
    for pclass, of_class in passengers.groupby("Pclass"):
        passengers.loc[of_class.index, "Age"] = match_sum(rng, of_class["Age"].to_numpy(), AGE_SUMS[pclass])
        ports = [port for port, count in PORTS[pclass].items() for _ in range(count)]
        passengers.loc[of_class.index, "Embarked"] = rng.permutation(np.array(ports, dtype=object))
    passengers = passengers.iloc[rng.permutation(len(passengers))].reset_index(drop=True)
    return passengers.assign(PassengerId=np.arange(1, len(passengers) + 1))[list(COLUMNS)]


def draw_group(
    rng: np.random.Generator,
    pclass: int,
    sex: str,
    survived: int,
    size: int,
    ageless: int,
    children: int,
    alone: int,
    small: int,
) -> pd.DataFrame:
    """Return the passengers of one class, sex and fate; children come with the largest families."""
    kinds = np.repeat([2, 1, 0], [size - alone - small, small, alone])
    is_child = np.arange(size) < children
    mean_age = AGE_SUMS[pclass] / sum(
        n - unknown for (c, *_), (n, unknown, *_) in GROUPS.items() if c == pclass
    )
    adults = rng.normal(mean_age, ADULT_AGE_SD[pclass], size).clip(ADULTS_FROM, OLDEST)
    ages = np.where(is_child, rng.uniform(0, ADULTS_FROM, size), adults) // 1
    ages[children + rng.permutation(size - children)[:ageless]] = np.nan
    families = [
        (CHILD_FAMILIES if child else ADULT_FAMILIES)[kind]
        for kind, child in zip(kinds, is_child, strict=True)
    ]
    on_board = np.array([rng.choice(family) for family in families])
    fares = [np.exp(rng.normal(*FARES[pclass][kind])) for kind in kinds]
    return pd.DataFrame(
        {
            "Survived": survived,
            "Pclass": pclass,
            "Sex": sex,
            "Age": ages,
            "SibSp": on_board[:, 0],
            "Parch": on_board[:, 1],
            "Fare": np.round(fares, 2),
        }
    )


def match_sum(rng: np.random.Generator, ages: np.ndarray, wanted: int) -> np.ndarray:
    """Move adults by single years, in turn, until the known ages sum to `wanted`: a mean must be exact."""
    ages = ages.copy()
    adults = np.flatnonzero(ages > ADULTS_FROM)
    while gap := wanted - int(np.nansum(ages)):
        for one in rng.permutation(adults)[: abs(gap)]:
            ages[one] = np.clip(ages[one] + np.sign(gap), ADULTS_FROM, OLDEST)
    return ages
