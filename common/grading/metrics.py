"""Recognises the metric in what a pipeline prints: `Model test accuracy is: 0.876` and its many cousins."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

# What pip, and stand-ins of the box, write to stdout; it is not the pipeline's own.
NOT_THE_PIPELINES = re.compile(
    r"\s*(requirement already satisfied|collecting |downloading |using cached |installing |installed |saved |"
    r"successfully |looking in |processing |preparing |building |created wheel|stored in |attempting |note: |"
    r"found existing|uninstalling |defaulting to user|obtaining |getting require|\[notice\]|warning: |$)",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d+[.,]\d+|\.\d+|\d+)(?:[eE][-+]?\d+)?")
TRAIN = re.compile("train|обуч", re.IGNORECASE)
LINES = 2000  # of an output of megabytes, from its end; and the characters of each:
LINE_LENGTH = 500  # a hostile line must not keep the patterns busy
ROUNDING = 0.01  # of a value: 0.934 for 0.93402, or 93.4 %
# Names as students write them, and whether more of it is better. The longer before what it contains.
NAMES = (
    (r"accuracy|точность|доля правильных|\bacc\b", "accuracy", True),
    (r"\br\s?[-_^]?\s?(?:2|²|squared|квадрат)(?:[_ -]?score)?(?!\d)|детерминации", "R2", True),
    (r"\bf1\b(?:[_ -]?score)?|f-?мера", "F1", True),
    (r"roc[_ -]?auc|\bauc\b", "ROC AUC", True),
    (r"precision", "precision", True),
    (r"recall|полнота", "recall", True),
    (r"rmse|root[_ ]mean[_ ]squared?[_ ](?:error|deviation)|корень из средн", "RMSE", False),
    (r"mape|mean[_ ]absolute[_ ]percentage", "MAPE", False),
    (r"\bmae\b|mean[_ ]absolute[_ ]error|средн\w*[ _]абсолютн", "MAE", False),
    (r"\bmse\b|mean[_ ]squared?[_ ]error|среднеквадрат|средн\w*[ _]квадрат", "MSE", False),
    (r"log[_ ]?loss|\bloss\b|потер", "loss", False),
    (r"error|ошибк", "error", False),
    (r"score|оценк|метрик|metric|качеств", "score", True),
)
VAGUE = ("score", "error", "loss")
PATTERNS = [
    (re.compile(f"(?<![^\\W_])(?:{pattern})", re.IGNORECASE), name, up) for pattern, name, up in NAMES
]


@dataclass(frozen=True)
class Metric:
    name: str  # "" where a number stands without one
    value: float
    more_is_better: bool | None  # None: unknown
    line: str
    of_train: bool = False  # it stands with the word

    @property
    def wording(self) -> str:
        """The line without its numbers, by which the metric is known again in another run."""
        return NUMBER.sub("#", self.line)

    def is_worse_than(self, other: "Metric", by: float = 0.0) -> bool:
        """Whether it is worse by more than `by`; any other value is where it has no direction."""
        difference = self.value - other.value
        if self.more_is_better is None:
            return abs(difference) > by
        return (-difference if self.more_is_better else difference) > by

    def agrees_with(self, other: "Metric") -> bool:
        """Whether it is the same number, perhaps rounded, perhaps in percent."""
        return any(
            math.isclose(self.value * factor, other.value, rel_tol=ROUNDING) for factor in (1, 100, 0.01)
        )

    def is_drawn_from(self, others: Sequence["Metric"]) -> bool:
        """Whether it may be one more of them: no farther from them than they are from each other."""
        low, high = min(other.value for other in others), max(other.value for other in others)
        spread = high - low
        return low - spread <= self.value <= high + spread


def printed_metric(stdout: str, stderr: str, like: Metric | None = None) -> Metric | None:
    """Return the metric that was printed: named or not, on stderr where stdout has none.

    Of several it is the one that stands in the same words as `like`, the last line of them.
    """
    for lines in (own_lines(stdout), own_lines(stderr)):
        same = [m for m in find_metrics(lines) if like and (m.name, m.wording) == (like.name, like.wording)]
        last = next((metric for metric in same if metric.line == same[-1].line), None)
        if metric := last or best_metric(lines) or find_number(lines):
            return metric
    return None


def own_lines(stdout: str) -> list[str]:
    """Return the pipeline's own lines, without those of pip and empty ones."""
    lines = [line[:LINE_LENGTH] for line in stdout.splitlines()[-LINES:]]
    return [line.strip() for line in lines if not NOT_THE_PIPELINES.match(line)]


def find_metrics(lines: list[str]) -> list[Metric]:
    """Return each metric that the lines name with a number, in order."""
    return [metric for line in lines for metric in _metrics_of(line)]


def _metrics_of(line: str) -> list[Metric]:
    names = sorted(
        (match.start(), -match.end(), name, up)
        for pattern, name, up in PATTERNS
        for match in pattern.finditer(line)
    )
    found: list[Metric] = []
    pending = None  # a name whose number comes after the next name: "accuracy score: 0.9"
    end = said = 0
    for index, (start, minus_end, name, up) in enumerate(names):
        if start < end:
            continue  # inside a longer name: the score of "F1 score"
        end = -minus_end
        stop = next((other for other, *_ in names[index + 1 :] if other >= end), len(line))
        number = _number_after(line, end, stop)
        if not number and found and found[-1].name in VAGUE:  # "Test Score: 2.25 RMSE"
            found[-1] = replace(found[-1], name=name, more_is_better=up)
        elif not number and stop == len(line) and not found:  # "0.93 accuracy"
            number = NUMBER.search(line, 0, start)
        if number:
            named, better = pending or (name, up)
            of_train = bool(TRAIN.search(line, said, max(number.start(), end)))
            found.append(Metric(named, _value(number), better, line, of_train))
            pending, said = None, number.end()
        elif name not in VAGUE:
            pending = pending or (name, up)
    return found


def find_number(lines: list[str]) -> Metric | None:
    """Return a number that stands without a name, from the last line that has one."""
    for line in reversed(lines):
        if number := NUMBER.search(line):
            return Metric("", _value(number), None, line)
    return None


def best_metric(lines: list[str]) -> Metric | None:
    """Return the metric to follow: the last line's first; a vague one, or one of train, where no other is."""
    metrics = find_metrics(lines)
    named = [metric for metric in metrics if metric.name not in VAGUE] or metrics
    named = [metric for metric in named if not metric.of_train] or named
    return next((metric for metric in named if metric.line == named[-1].line), None)


def _number_after(line: str, start: int, stop: int) -> re.Match | None:
    """Return the number that follows a name: one right behind a colon or equals sign where there is one."""
    signs = [sign.end() for sign in re.finditer(r"[:=]\s*['\"(\[]?\s*", line[start:stop])]
    return next(
        (number for end in signs if (number := NUMBER.match(line, start + end, stop))), None
    ) or NUMBER.search(line, start, stop)


def _value(number: re.Match) -> float:
    written = number[0]
    return float(written.replace(",", "") if "." in written else written.replace(",", "."))
