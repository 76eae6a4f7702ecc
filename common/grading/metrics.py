"""Recognises the metric in what a pipeline prints: `Model test accuracy is: 0.876` and its many cousins."""

import re
from dataclasses import dataclass

# What pip, and stand-ins of the box, write to stdout; it is not the pipeline's own.
NOT_THE_PIPELINES = re.compile(
    r"\s*(requirement already satisfied|collecting |downloading |using cached |installing |installed |saved |"
    r"successfully |looking in |processing |preparing |building |created wheel|stored in |attempting |note: |"
    r"found existing|uninstalling |defaulting to user|obtaining |getting require|\[notice\]|warning: |$)",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[-+]?(?:\d+[.,]\d+|\.\d+|\d+)(?:[eE][-+]?\d+)?")
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
PATTERNS = [
    (re.compile(f"(?<![^\\W_])(?:{pattern})", re.IGNORECASE), name, up) for pattern, name, up in NAMES
]


@dataclass(frozen=True)
class Metric:
    name: str  # "" where a number stands without one
    value: float
    more_is_better: bool | None  # None: unknown
    line: str

    def is_worse_than(self, other: "Metric") -> bool:
        if self.more_is_better is None:
            return self.value != other.value
        return self.value < other.value if self.more_is_better else self.value > other.value


def own_lines(stdout: str) -> list[str]:
    """Return the lines of stdout that are the pipeline's own, without empty ones."""
    return [line.strip() for line in stdout.splitlines() if not NOT_THE_PIPELINES.match(line)]


def find_metrics(lines: list[str]) -> list[Metric]:
    """Return each metric that the lines name with a number, in order."""
    found = []
    for line in lines:
        names = sorted(
            (match.start(), -match.end(), name, up)
            for pattern, name, up in PATTERNS
            for match in pattern.finditer(line)
        )
        end = 0
        for index, (start, minus_end, name, up) in enumerate(names):
            if start < end:
                continue  # inside a longer name: the score of "F1 score"
            end = -minus_end
            following = [other for other, *_ in names[index + 1 :] if other >= end]
            stop = following[0] if following else len(line)
            number = _number_after(line[end:stop]) or (NUMBER.search(line[:start]) if not found else None)
            if number:
                found.append(Metric(name, _value(number), up, line))
    return found


def find_number(lines: list[str]) -> Metric | None:
    """Return a number that stands without a name, from the last line that has one."""
    for line in reversed(lines):
        if number := NUMBER.search(line):
            return Metric("", _value(number), None, line)
    return None


def best_metric(lines: list[str]) -> Metric | None:
    """Return the metric to follow: the last line's first; a vague name only where there is no other."""
    metrics = find_metrics(lines)
    named = [metric for metric in metrics if metric.name not in ("score", "error", "loss")] or metrics
    return next((metric for metric in named if metric.line == named[-1].line), None)


def _number_after(rest: str) -> re.Match | None:
    """Return the number that follows a name: one right behind a colon or equals sign where there is one."""
    signs = [sign.end() for sign in re.finditer(r"[:=]\s*['\"(\[]?\s*", rest)]
    return next((number for end in signs if (number := NUMBER.match(rest, end))), None) or NUMBER.search(rest)


def _value(number: re.Match) -> float:
    return float(number[0].replace(",", "."))
