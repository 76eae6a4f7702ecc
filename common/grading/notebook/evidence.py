"""What the runs of a notebook say about it: its data, its model, its tests, and what the tests react to."""

import functools
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.grading.notebook import swap
from common.grading.notebook.datasets import (
    Dataset,
    find_datasets,
    fits,
    is_like_any,
    is_regression_of,
    noisy_and_clean,
)
from common.grading.notebook.runs import NotebookRuns
from common.grading.notebook.seen import Session

FIT = re.compile(
    r"LinearRegression|Ridge|Lasso|ElasticNet|SGDRegressor|HuberRegressor|linregress|polyfit|lstsq|"
    r"\bOLS\b|\bols\(|curve_fit|linalg\.(?:solve|inv|pinv)|Polynomial\.fit"
)
MOST_TRIED = 4  # clean datasets that are made noisy, one after another, until the tests react

Summary = list[tuple[str, str]]


def quietly(look: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a look at numbers go without warnings, whatever numpy thinks of a hostile column."""

    @functools.wraps(look)
    def quiet(self: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return look(self)

    return quiet


@dataclass
class NotebookEvidence(NotebookRuns):
    @cached_property
    @quietly
    def datasets(self) -> list[Dataset]:
        return find_datasets([*self.file_columns, *self.whole.columns])

    @cached_property
    @quietly
    def _parts(self) -> tuple[list[Dataset], list[Dataset]]:
        return noisy_and_clean(self.datasets)

    @property
    def clean(self) -> list[Dataset]:
        return self._parts[1]

    @property
    def called_noisy(self) -> list[Dataset]:
        return self._parts[0]

    @cached_property
    @quietly
    def noisy(self) -> list[Dataset]:
        """Those of the noisy whose noise can be found."""
        return [one for one in self.called_noisy if self.clean and not is_like_any(one, self.clean)]

    @cached_property
    @quietly
    def shows_a_line(self) -> bool:
        """Whether the kernel or the tests held a line that fits one of the clean datasets."""
        if any(fits(line, one) for line in self.whole.lines for one in self.clean):
            return True
        pairs = [pair for two in self.whole.pairs for pair in (two, two[::-1])]
        is_line = fits if self.names_a_fit else is_regression_of
        return any(is_line(pair, one) for pair in pairs for one in self.clean)

    @cached_property
    def names_a_fit(self) -> bool:
        """Whether the code that was written calls a regression: comments and texts do not count."""
        written = [self.whole.tree / path for path in self.whole.made if path.suffix == ".py"]
        sources = [*self.notebook.cells, *(path.read_text("utf-8", "replace") for path in written)]
        return any(FIT.search(re.sub(r"#.*", "", source)) for source in sources)

    @cached_property
    def shown(self) -> Summary:
        """The outcomes in the notebook's own sessions; of tests that it never ran, in ours."""
        return _summary(self.sessions) or self.again

    @cached_property
    def again(self) -> Summary:
        return _summary(self.run_tests([])[0])

    @cached_property
    @quietly
    def hardly_changed(self) -> Summary:
        """The outcomes on data of which every number is changed by next to nothing."""
        return _summary(self.run_tests(swap.hardly_changed([*self.clean, *self.noisy]))[0])

    @property
    def repeats_itself(self) -> bool:
        return self.hardly_changed == self.shown or self.again == self.shown

    @property
    def _base(self) -> Summary:
        """What the outcomes on other data are compared with: ours, where the notebook's own differ."""
        return self.shown if self.repeats_itself else self.again

    @property
    def knows_data_by_heart(self) -> bool:
        return self.hardly_changed != self._base

    @cached_property
    @quietly
    def _without_noise(self) -> tuple[Summary, int]:
        sessions, count = self.run_tests(swap.clean_for_noisy(self.noisy, self.clean, self.datasets))
        return _summary(sessions), count

    @cached_property
    @quietly
    def _with_noise(self) -> tuple[bool, int]:
        """Whether the tests react to noise in a clean dataset, and how often it was put in."""
        like = self.noisy[0]
        nearest = sorted(self.clean, key=lambda one: (one.x.shape != like.x.shape, one is self.clean[0]))
        total = 0
        for dataset in nearest[:MOST_TRIED]:
            swaps = swap.noisy_for_clean(dataset, like, self.clean, self.datasets)
            sessions, count = self.run_tests(swaps)
            total += count
            if count and _summary(sessions) != self._base:
                return True, total
        return False, total

    @property
    def reacts_to_clean(self) -> bool:
        return self._without_noise[1] > 0 and self._without_noise[0] != self._base

    @property
    def reacts_to_noise(self) -> bool:
        return self._with_noise[0]

    @property
    def swapped(self) -> int:
        """In how many places the tests' data could be swapped at all."""
        return self._without_noise[1] + self._with_noise[1]

    @property
    def tests_see_numbers(self) -> bool:
        """Whether the tests worked with columns of numbers, or could have read them from other files."""
        others = {".npz", ".xlsx", ".json", ".db", ".sqlite", ".h5", ".feather", ".joblib", ".gz"}
        return any(column.where == "tests" for column in self.whole.columns) or any(
            path.suffix.lower() in others for path in self.whole.made
        )


def _summary(sessions: list[Session]) -> Summary:
    return sorted(line for session in sessions for line in session.summary)
