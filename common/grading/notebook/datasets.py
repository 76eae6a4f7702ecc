"""Puts columns of numbers together to datasets, x and y, and tells the noisy one from the clean by its data.

Names say which column belongs to which, and which dataset is meant to be noisy; the numbers decide.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import fdtri  # the quantile of F; scipy.stats takes half a second to import

from common.grading.notebook.seen import Column

TARGET = re.compile(r"(?<![a-z])y(?![a-z])|target|label|output|response|отклик|цел|результат", re.I)
FEATURE = re.compile(r"(?<![a-z])xs?(?![a-z])|feature|input|признак|вход", re.I)
TARGETS = re.compile(r"(?<![a-z])ys(?![a-z])", re.I)
PREDICTED = re.compile(r"pred|hat|resid|fitted|forecast|line|err|loss|прогноз|предсказ|остат", re.I)
NOISY = re.compile(
    r"nois|шум|dirty|(?<![a-z])bad|corrupt|outlier|anomal|broken|spoil|грязн|плох|выброс|аномал", re.I
)
CLEAN = re.compile(r"clean|good|noise_?(free|less)|no_?noise|чист|хорош|качеств", re.I)
SPLIT = re.compile(r"train|test|val|обуч|тест", re.I)
ORDER = ("file", "kernel", "tests")  # what the run wrote says more than what a variable held
FEWEST_ROWS = 10
MOST_DATASETS = 40
CLEAN_R2 = 0.5  # with less than half of y explained a regression has hardly anything to learn
SURE = 0.999  # of the noise that must be found: an F test of the residuals' variance
FAR = 5.0  # standard deviations: none of a few thousand normal residuals is that far out
WINDOWS = (10, 20)


@dataclass(frozen=True)
class Form:
    """A dataset as it stands somewhere; `x` has shape (rows, features)."""

    name: str
    x: np.ndarray
    y: np.ndarray

    @property
    def line(self) -> np.ndarray:
        """Intercept and slopes by least squares."""
        rows = np.isfinite(self.y) & np.isfinite(self.x).all(axis=1)
        return np.linalg.lstsq(_with_ones(self.x[rows]), self.y[rows], rcond=None)[0]

    def residuals(self, line: np.ndarray) -> np.ndarray:
        return self.y - _with_ones(self.x) @ line


@dataclass
class Dataset:
    forms: list[Form] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.forms[0].name

    @property
    def x(self) -> np.ndarray:
        return self.forms[0].x

    @property
    def y(self) -> np.ndarray:
        return self.forms[0].y

    @property
    def line(self) -> np.ndarray:
        return self.forms[0].line

    @property
    def size(self) -> float:
        """The residuals' standard deviation."""
        return float(np.nanstd(self.forms[0].residuals(self.line)))

    @property
    def r2(self) -> float:
        return 1 - self.size**2 / float(np.nanvar(self.y))

    @property
    def is_called_noisy(self) -> bool:
        return any(NOISY.search(form.name) and not CLEAN.search(form.name) for form in self.forms)

    def is_same(self, form: Form) -> bool:
        """Whether `form` is this dataset again, rounded, scaled, or a part of it."""
        mine, other = self.y, form.y
        if len(mine) != len(other):
            return set(_rounded(other)) <= set(_rounded(mine))
        if not np.array_equal(np.isnan(mine), np.isnan(other)):
            return False
        mine, other = mine[~np.isnan(mine)], other[~np.isnan(mine)]
        if np.abs(mine - other).max() <= 1e-3 * mine.std() or set(_rounded(other)) == set(_rounded(mine)):
            return True
        one, two = self.forms[0].residuals(self.line), form.residuals(form.line)
        one, two = one[np.isfinite(one)], two[np.isfinite(two)]
        if len(one) != len(two) or min(one.std() / mine.std(), two.std() / other.std()) < 1e-9:
            return False
        return abs(float(np.corrcoef(one, two)[0, 1])) > 0.99999


def find_datasets(columns: Iterable[Column]) -> list[Dataset]:
    """Return the different datasets, each once, in the order of files, kernel, tests."""
    forms = [form for where in ORDER for form in _forms([c for c in columns if c.where == where])]
    values = [(form, set(_rounded(form.y))) for form in forms]
    datasets: list[Dataset] = []
    for form in sorted(forms, key=lambda form: -len(form.y)):
        if _is_put_together(set(_rounded(form.y)), values):
            continue
        same = next((dataset for dataset in datasets if dataset.is_same(form)), None)
        if same:
            same.forms.append(form)
        elif len(datasets) < MOST_DATASETS:
            datasets.append(Dataset([form]))
    return sorted(datasets, key=lambda dataset: dataset.name)


def _is_put_together(whole: set[str], values: list[tuple[Form, set[str]]]) -> bool:
    """Whether it is several datasets one after another, and not one that was split for training."""
    parts = [own for form, own in values if own < whole and not SPLIT.search(form.name)]
    return len(parts) > 1 and set().union(*parts) == whole


def _forms(columns: list[Column]) -> list[Form]:
    tables: dict[tuple, list[Column]] = {}
    for column in columns:
        key = (column.place, column.table, len(column.numbers)) if column.table else (None, id(column))
        tables.setdefault(key, []).append(column)
    forms, singles, features = [], [], []
    for table in tables.values():
        useful = [c for c in table if not PREDICTED.search(c.name) and not _says_nothing(c)]
        if not useful:
            continue
        name = useful[0].table
        if len(useful) == 1:
            one = useful[0]
            singles.append(
                one if not name else Column(one.where, one.place, "", f"{name}.{one.name}", one.numbers)
            )
        elif FEATURE.search(name) and not any(TARGET.search(c.name) for c in useful):
            features.append((name, useful[0].place, np.column_stack([c.numbers for c in useful])))
        else:
            target = next((c for c in useful if TARGET.search(c.name)), useful[-1])
            x = np.column_stack([c.numbers for c in useful if c is not target])
            forms.append(Form(name, x, target.numbers))
    features += [(c.name, c.place, c.numbers[:, None]) for c in singles if FEATURE.search(_last(c.name))]
    for single in singles:
        name = single.name
        if PREDICTED.search(name) or not (TARGET.search(_last(name)) or TARGETS.search(_last(name))):
            continue
        if x := _partner(single, features):
            forms.append(Form(name, x[0], single.numbers))
    return [form for form in forms if _is_data(form)]


def _is_data(form: Form) -> bool:
    rows = np.isfinite(form.y) & np.isfinite(form.x).all(axis=1)
    return int(rows.sum()) >= FEWEST_ROWS and bool(form.y[rows].std() > 0)


def _partner(target: Column, features: list[tuple[str, str, np.ndarray]]) -> list[np.ndarray]:
    """Return the x that belongs to a y: of the same name, of the same place, or what explains it best."""
    fitting = [x for x in features if len(x[2]) == len(target.numbers) and x[2].std() > 0]
    named = [x for x in fitting if FEATURE.sub("?", x[0]) == TARGET.sub("?", target.name)]
    near = [x for x in fitting if x[1] == target.place]
    best = sorted(named or near or fitting, key=lambda x: Dataset([Form("", x[2], target.numbers)]).size)
    return [best[0][2]] if best else []


def _last(name: str) -> str:
    """Return what of a path says x or y: of 'data.clean_1.y' the y, of 'y_all.clean' all."""
    word = name.rpartition(".")[2].rpartition("/")[2]
    return word if TARGET.search(word) or FEATURE.search(word) else name


def _says_nothing(column: Column) -> bool:
    """Whether it is a row number, or the column of ones beside a feature."""
    if np.ptp(column.numbers) == 0:
        return True
    is_count = len(column.numbers) > 1 and bool((np.diff(column.numbers) == 1).all())
    return is_count and bool(re.fullmatch(r"|unnamed.*|index|id|№", column.name.strip(), re.I))


def noisy_and_clean(datasets: list[Dataset]) -> tuple[list[Dataset], list[Dataset]]:
    """Return those that are meant to be noisy, by name or else the one explained worst, and the others."""
    noisy = [dataset for dataset in datasets if dataset.is_called_noisy]
    if not noisy and datasets:
        noisy = [min(datasets, key=lambda dataset: dataset.r2)]
        if all(is_like_any(noisy[0], [other]) for other in datasets if other is not noisy[0]):
            noisy = []
    rest = [dataset for dataset in datasets if not any(dataset is one for one in noisy)]
    return noisy, [dataset for dataset in rest if dataset.r2 >= CLEAN_R2]


def base_line(noisy: Dataset, clean: list[Dataset]) -> tuple[np.ndarray, float]:
    """Return the line under the noise, and the standard deviation that its residuals should have.

    It is a clean dataset's, unless the noisy one is clearly about another line: then its own.
    """
    share = float(np.median([one.size / np.nanstd(one.y) for one in clean])) if clean else 0.1
    own = noisy.line, share * float(np.nanstd(noisy.y))
    lines = [(one.line, one.size) for one in clean if len(one.line) == len(own[0])]
    best = min(lines, key=lambda line: _middle(noisy, line[0]), default=own)
    return own if _middle(noisy, own[0]) < 0.5 * _middle(noisy, best[0]) else best


def _middle(dataset: Dataset, line: np.ndarray) -> float:
    return float(np.nanmedian(np.abs(dataset.forms[0].residuals(line))))


def is_like_any(noisy: Dataset, clean: list[Dataset]) -> bool:
    """Whether nothing could find the noise: no variance, no point, no stretch is out of the ordinary."""
    line, size = base_line(noisy, clean)
    residuals = noisy.forms[0].residuals(line)
    if not np.isfinite(residuals).all():
        return False
    scale = float(np.std(noisy.y))
    if size <= 1e-9 * scale:
        return bool(np.abs(residuals).max() <= 1e-6 * scale)
    z = residuals / size
    rows = min((len(one.y) for one in clean), default=len(z))
    if np.mean(z**2) > fdtri(len(z), max(rows - 2, 1), SURE) or np.abs(z).max() > FAR:
        return False
    sums = [np.convolve(z, np.ones(width), "valid") / width**0.5 for width in WINDOWS if width <= len(z)]
    return all(np.abs(one).max() <= FAR for one in sums)


def is_regression_of(line: tuple[float, ...], dataset: Dataset) -> bool:
    """Whether a line is the dataset's own regression: two numbers may be anything else."""
    return any(
        len(line) == len(form.line) and np.allclose(line, form.line, rtol=1e-4) for form in dataset.forms
    )


def fits(line: tuple[float, ...], dataset: Dataset) -> bool:
    """Whether a line predicts the dataset about as well as its own regression does."""
    for form in dataset.forms:
        if len(line) == form.x.shape[1] + 1:
            with np.errstate(all="ignore"):
                error = float(np.nanmean(form.residuals(np.array(line)) ** 2))
            if error <= 1.5 * float(np.nanmean(form.residuals(form.line) ** 2)) + 1e-3 * float(
                np.nanvar(form.y)
            ):
                return True
    return False


def _with_ones(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])


def _rounded(values: np.ndarray) -> list[str]:
    return [f"{value:.6g}" for value in values.tolist()]
