"""Makes the data that tests of a notebook must react to, and data that they must not react to.

A swap is {"old": y, "new": y, "elsewhere": values}: see inside/look.py, which finds `old` and writes `new`.
"""

import numpy as np

from common.grading.notebook.datasets import Dataset, base_line

SEED = 20
HARDLY = 1e-4  # of the residuals' size: no test of quality can see it, one that knows the data by heart does


def clean_for_noisy(noisy: list[Dataset], clean: list[Dataset], everything: list[Dataset]) -> list[dict]:
    """Return swaps that put clean residuals in place of the noise."""
    swaps = []
    for dataset in noisy:
        line, size = base_line(dataset, clean)
        model = min(clean, key=lambda one: abs(len(one.y) - len(dataset.y)))
        residuals = _shuffled(model.forms[0].residuals(model.line), len(dataset.y))
        scale = size / model.size if model.size else 0.0
        new = dataset.y - dataset.forms[0].residuals(line)
        swaps += _swaps(dataset, np.where(np.isfinite(new), new, line[0]) + scale * residuals, everything)
    return swaps


def noisy_for_clean(
    dataset: Dataset, noisy: Dataset, clean: list[Dataset], everything: list[Dataset]
) -> list[dict]:
    """Return swaps that put the noise of `noisy` into a clean dataset."""
    line, size = base_line(noisy, clean)
    noise = noisy.forms[0].residuals(line)
    noise = noise[np.arange(len(dataset.y)) * len(noise) // len(dataset.y)]
    scale = dataset.size / size if size and dataset.size else 1.0
    new = dataset.y - dataset.forms[0].residuals(dataset.line) + scale * noise
    return _swaps(dataset, new, everything)


def hardly_changed(datasets: list[Dataset]) -> list[dict]:
    """Return swaps that change every number of every dataset by next to nothing."""
    generator = np.random.default_rng(SEED)
    swaps = []
    for dataset in datasets:
        size = HARDLY * (dataset.size or 1e-6 * float(np.nanstd(dataset.y)))
        swaps += _swaps(dataset, dataset.y + size * generator.uniform(-1, 1, len(dataset.y)), datasets)
    return swaps


def _swaps(dataset: Dataset, new: np.ndarray, everything: list[Dataset]) -> list[dict]:
    """Return one swap for each form in which the dataset is there in full."""
    others = [form for one in everything if one is not dataset for form in one.forms]
    elsewhere = sorted({value for form in others for value in form.y[np.isfinite(form.y)].tolist()})
    swaps, known = [], set()
    for form in dataset.forms:
        if len(form.y) != len(dataset.y) or form.y.tobytes() in known:
            continue
        known.add(form.y.tobytes())
        rows = np.isfinite(form.y) & np.isfinite(dataset.y)
        slope, shift = np.polyfit(dataset.y[rows], form.y[rows], 1)
        if not np.allclose(slope * dataset.y[rows] + shift, form.y[rows], atol=1e-2 * form.y[rows].std()):
            continue  # in another order
        swaps.append({"old": form.y.tolist(), "new": (slope * new + shift).tolist(), "elsewhere": elsewhere})
    return swaps


def _shuffled(residuals: np.ndarray, count: int) -> np.ndarray:
    """Return as many of the residuals as are needed, in another order."""
    residuals = residuals[np.isfinite(residuals)]
    order = np.random.default_rng(SEED).permutation(len(residuals))
    return residuals[order][np.arange(count) % len(residuals)]
