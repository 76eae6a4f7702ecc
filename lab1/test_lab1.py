"""The rubric of lab 1: 20 points for a pipeline of four scripts, whoever wrote it.

bash common/test.sh lab1/test_lab1.py [--submission PATH]
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from common.grading.conveyor import CannotTellError, Conveyor
from common.grading.evidence import Evidence
from common.grading.judging import judge_data, judge_metric, never_guessing
from common.grading.metrics import best_metric, find_metrics, find_number, own_lines
from common.grading.perturb import change_affinely, differ
from common.grading.runs import CREATION, PREPARATION, PREPROCESSING, TESTING, how_it_ended
from common.grading.stages import STAGES, read_layout
from common.grading.submission import find_lab
from common.grading.texts import counted, text

VISIBLE = 0.01  # of a column's size: a change of the data shows in whole units, rounding far below this


@pytest.fixture(scope="session")
def evidence(submission, box) -> Iterator[Evidence | None]:
    folder = find_lab(submission.root, "lab1")
    if folder is None:
        yield None
        return
    layout = read_layout(submission.root, folder)
    # Not pytest's tmp_path, which keeps the last three: each run leaves a copy of the submission.
    with TemporaryDirectory(prefix="lab1-", ignore_cleanup_errors=True) as scratch:
        yield Evidence(Conveyor(box, submission.root, layout, Path(scratch)))


@pytest.mark.points(2)
def test_scripts_are_there(evidence, verdict):
    """The four stage scripts and pipeline.sh have the assignment's names."""
    wanted = text("pipeline.sh and {stages}", stages=", ".join(f"{stage}.py" for stage in STAGES))
    if evidence is None:
        verdict.fail(
            expected=wanted, found=text("no folder of lab 1"), help=text("put the scripts into a folder lab1")
        )
    layout = evidence.layout
    for note in layout.notes:
        verdict.advice(note)
    missing = [f"{stage}.py" for stage in STAGES if stage not in layout.named]
    if not layout.pipeline or layout.pipeline.name != "pipeline.sh":
        missing.append("pipeline.sh")
    if not missing:
        return
    losses = {
        "expected": wanted,
        "found": text("missing: {files}", files=", ".join(missing)),
        "help": text("give each script its name; a file of 0 bytes does not count"),
    }
    if layout.pipeline and all(layout.stages.values()):
        verdict.partial(1, **losses)
    verdict.fail(**losses)


@pytest.mark.points(4)
def test_pipeline_finishes(evidence, verdict):
    """The pipeline finishes in a fresh copy, and so does every stage that it starts."""
    wanted = text("bash pipeline.sh ends with exit code 0, in a fresh copy without data and models")
    if evidence is None or evidence.layout.pipeline is None:
        verdict.fail(
            expected=wanted, found=text("no pipeline"), help=text("write pipeline.sh, which runs the stages")
        )
    if not evidence.knows_its_folder:
        verdict.advice(text("it runs from one folder only: begin it with {cd}", cd='cd "$(dirname "$0")"'))
    run = evidence.whole.run
    if evidence.asks_for_network:
        verdict.not_run(text("it asks for the network, which the box has not: grade it with --allow-network"))
    if run.exit_code:
        verdict.fail(
            expected=wanted,
            found=text("it {how}", how=how_it_ended(run)),
            help=text("let it need less: fewer rows, a smaller model")
            if run.stopped
            else text("run it in a fresh clone, on another machine, and mend what it says"),
        )
    if not evidence.starts_stages:
        verdict.fail(
            expected=wanted,
            found=text("it started none of the stages"),
            help=text("let it run the stage scripts with python3"),
        )
    if failed := evidence.failed_stages:
        verdict.partial(
            2,
            expected=text("every stage ends with exit code 0"),
            found=text(
                "{stage} ended with {code}, the pipeline with 0",
                stage=" ".join(failed[0].arguments),
                code=failed[0].exit_code,
            ),
            help=text("begin pipeline.sh with set -e, so that it stops where a stage fails"),
        )
    if evidence.mended_line_ends:
        verdict.partial(
            2,
            expected=wanted,
            found=text("it only runs with its Windows line ends mended"),
            help=text("save .sh files with LF: git config core.autocrlf input, or a .gitattributes"),
        )


@pytest.mark.points(3, depends=["test_pipeline_finishes"])
def test_stdout_is_the_metric(evidence, verdict):
    """Stdout is one line with the metric."""
    lines = own_lines(evidence.whole.run.stdout)
    if len(lines) == 1 and find_metrics(lines):
        return
    wanted = text("one line such as 'Model test accuracy is: 0.876'")
    if metric := best_metric(lines):
        verdict.partial(
            2,
            expected=wanted,
            found=counted(
                "{count} line, '{line}'",
                "{count} lines, one of them '{line}'",
                len(lines),
                line=metric.line,
            ),
            help=text("print progress to stderr: print(..., file=sys.stderr)"),
        )
    if number := find_number(lines):
        verdict.partial(
            1,
            expected=wanted,
            found=text("a number without its name: '{line}'", line=number.line),
            help=text("print what the number is"),
        )
    verdict.fail(
        expected=wanted,
        found=text("no number on stdout: '{line}'", line=lines[-1] if lines else ""),
        help=text("let the last stage print the metric to stdout"),
    )


@pytest.mark.points(3, depends=["test_scripts_are_there"])
def test_data_are_made(evidence, verdict):
    """The run makes data for train and for test, and they are not the same."""
    if evidence.layout.pipeline is None:
        verdict.not_run(text("there is no pipeline that could make them"))
    if evidence.asks_for_network:
        verdict.not_run(text("the data come from the network: grade it with --allow-network"))
    judge_data(evidence, verdict)


@pytest.mark.points(3, depends=["test_data_are_made"])
def test_preprocessing_is_fitted_on_train(evidence, verdict):
    """Preprocessing transforms train and test, and learns from train alone."""
    with never_guessing(verdict):
        evidence.need_base(CREATION)
        made = evidence.staged(PREPROCESSING)
        for part in ("train", "test"):
            raw, transformed = evidence.tables(evidence.staged(CREATION), part), evidence.tables(made, part)
            if not transformed or not differ(raw, transformed):
                verdict.fail(
                    expected=text("preprocessing changes the numbers of train and of test"),
                    found=text("those of {part} are as they were", part=part),
                    help=text("transform both with the same fitted scaler"),
                )
        if evidence.acts_otherwise(PREPROCESSING):
            raise CannotTellError(text("run again on the same data, preprocessing makes other tables"))
        changed = evidence.rerun("test", change_affinely, until=PREPROCESSING)
        if differ(evidence.tables(changed, "train"), evidence.tables(made, "train"), VISIBLE):
            if not evidence.repeats_itself(PREPROCESSING, "train"):
                raise CannotTellError(text("preprocessing gives other numbers each time: give it a seed"))
            verdict.partial(
                1,
                expected=text("train stays as it is when the raw test data change"),
                found=text("the transformed train changed with the raw test data"),
                help=text("fit the scaler on train only, then transform both"),
            )
        if not differ(evidence.tables(changed, "test"), evidence.tables(made, "test"), VISIBLE):
            verdict.partial(
                1,
                expected=text("test data twice as large are twice as large after scaling"),
                found=text("the transformed test data are the same as before"),
                help=text("do not fit the scaler on test: use transform, not fit_transform"),
            )


@pytest.mark.points(2, depends=["test_data_are_made"])
def test_model_comes_from_train(evidence, verdict):
    """The run saves a model, and the model comes from the training data."""
    with never_guessing(verdict):
        before = evidence.models(evidence.staged(PREPARATION))
        if not before:
            verdict.fail(
                expected=text("{stage} writes a model to a file", stage=PREPARATION),
                found=text("it wrote none"),
                help=text("save the model, for example with pickle or joblib"),
            )
        after, first = evidence.models(evidence.trained_on_broken), evidence.models(evidence.whole)
        if after != before == first:
            return
        whole, right, broken = map(
            evidence.metric, (evidence.whole, evidence.staged(TESTING), evidence.with_broken_train)
        )
    # What also differs between two runs on the same data shows nothing by itself.
    is_steady = bool(whole and right) and whole.value == right.value
    if not (right and broken and right.value != broken.value and (is_steady or after != before)):
        verdict.fail(
            expected=text("other training data give another model"),
            found=text("the same model and the same metric"),
            help=text("train the model in the run, on the data of train"),
        )


@pytest.mark.points(2, depends=["test_pipeline_finishes", "test_data_are_made"])
def test_metric_is_honest(evidence, verdict):
    """The metric gets worse when the test data are broken."""
    judge_metric(evidence, verdict)


@pytest.mark.points(1, depends=["test_pipeline_finishes"])
def test_a_failing_stage_stops_it(evidence, verdict):
    """The pipeline stops when a stage fails."""
    with never_guessing(verdict):
        run = evidence.with_a_failing_stage.run
    metric = best_metric(own_lines(run.stdout))
    if run.exit_code == 0 or metric:
        verdict.fail(
            expected=text("an exit code other than 0, and no metric, when training exits with 3"),
            found=text("exit code {code}, '{line}'", code=run.exit_code, line=metric.line if metric else ""),
            help=text("begin pipeline.sh with set -e"),
        )
