"""Judgements that two labs share: the data of a run, and whether its metric is honest."""

from collections.abc import Iterator
from contextlib import contextmanager

from common.grading.conveyor import CannotTellError
from common.grading.evidence import Evidence
from common.grading.metrics import Metric
from common.grading.runs import TESTING
from common.grading.texts import text
from common.grading.verdict import Verdict

DRAWS = 8  # of each kind: by luck alone all of one are above all of the other once in 12,870 times


@contextmanager
def never_guessing(verdict) -> Iterator[None]:
    try:
        yield
    except CannotTellError as reason:
        verdict.not_run(reason)


def judge_data(evidence: Evidence, verdict: Verdict) -> None:
    """Judge, of 3 points, whether the run made data for train and for test, and not the same."""
    ran = evidence.whole
    made = {part: [path for path in ran.files(part) if path.stat().st_size] for part in ("train", "test")}
    wanted = text("the run writes files whose folder or name says train, and others that say test")
    missing = [part for part, files in made.items() if not files]
    if len(missing) == 2:
        verdict.fail(
            expected=wanted, found=text("it wrote neither"), help=text("save them in folders train and test")
        )
    if missing:
        verdict.partial(
            1,
            expected=wanted,
            found=text("it wrote nothing for {part}", part=missing[0]),
            help=text("split the data, or make other data for testing"),
        )
    with never_guessing(verdict):
        rows = {part: evidence.rows(files) for part, files in made.items()}
    if rows["test"] <= rows["train"]:
        verdict.partial(
            1,
            expected=text("rows in test that are not in train"),
            found=text("every row of test is in train too"),
            help=text("test on data that the model has not seen"),
        )


def judge_metric(evidence: Evidence, verdict: Verdict) -> None:
    """Judge whether what the run printed is what the saved model gets on the data of test."""
    with never_guessing(verdict):
        printed = evidence.metric(evidence.whole)
        staged, with_broken_test = evidence.staged(TESTING), evidence.with_broken_test
        right, broken = [evidence.metric(staged)], [evidence.metric(with_broken_test)]
        if None in right + broken:
            raise CannotTellError(text("run alone, {stage} prints no metric", stage=TESTING))
        is_lottery = False
        if printed and not _repeats_itself(evidence, printed, right[0], broken[0]):
            again = evidence.measured_again(evidence.whole, DRAWS)
            is_lottery = len({metric.value for metric in again}) > 1
            if not (printed.is_drawn_from(again) if is_lottery else printed.agrees_with(again[0])):
                verdict.fail(
                    expected=text(
                        "the metric that {stage} measures: {value}", stage=TESTING, value=again[0].value
                    ),
                    found=text("the pipeline printed {value}", value=printed.value),
                    help=text("print what the last stage measures, and nothing else"),
                )
        if is_lottery:
            right += evidence.measured_again(staged, DRAWS - 1)
            broken += evidence.measured_again(with_broken_test, DRAWS - 1)
    losses = {
        "expected": text("a metric worse than {value}", value=right[0].value),
        "found": text("{value}, on test data whose columns were shuffled", value=broken[0].value),
        "help": text("measure the saved model on the data of test, in the run"),
    }
    if broken[0].value == right[0].value:
        verdict.fail(**losses)
    if evidence.metric_ignores_the_model:
        verdict.fail(**losses | {"found": text("{value}, with another model too", value=right[0].value)})
    noise = abs(printed.value - right[0].value) if printed else 0.0
    if not all(bad.is_worse_than(good, 0.0 if is_lottery else noise) for bad in broken for good in right):
        if noise:
            verdict.fail(**losses)
        verdict.not_run(
            text("the model is no better on right data than on shuffled ones: nothing can get worse")
        )


def _repeats_itself(evidence: Evidence, printed: Metric, right: Metric, broken: Metric) -> bool:
    """Whether testing measures the same again; twice, as a number drawn by lot may come again."""
    if evidence.measured_again(evidence.whole, 1)[0].value != printed.value:
        return False
    # A run of all stages that ended with the very same number has shown it already.
    return (
        right.value == printed.value
        or evidence.measured_again(evidence.with_broken_test, 1)[0].value == broken.value
    )
