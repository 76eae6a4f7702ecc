"""The rubric of lab 2: 20 points for a conveyor that was exported from Jenkins, whoever wrote it.

bash common/test.sh lab2/test_lab2.py [--submission PATH]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from common.grading.exported.evidence import ExportedEvidence
from common.grading.exported.finding import Exported, find_exported
from common.grading.exported.running import make_conveyor
from common.grading.imitation import missing
from common.grading.judging import judge_data, judge_metric, never_guessing
from common.grading.metrics import best_metric, own_lines
from common.grading.runs import PREPARATION, TESTING, how_it_ended
from common.grading.sandbox import Box
from common.grading.stages import STAGES, Layout, read_layout
from common.grading.submission import find_lab
from common.grading.texts import text

KINDS = {
    "declarative": text("a declarative pipeline"),
    "scripted": text("a scripted pipeline"),
    "shell": text("shell lines"),
    "job": text("a job whose pipeline is elsewhere"),
    "script": text("a shell script"),
}


@dataclass
class Lab:
    """The lab of a submission: its exported conveyors, and the runs of the first, made when asked for."""

    box: Box
    root: Path
    folder: Path
    scratch: Path

    @cached_property
    def exported(self) -> list[Exported]:
        return find_exported(self.root, self.folder)

    @property
    def runnable(self) -> Exported | None:
        return next((one for one in self.exported if one.kind != "job"), None)

    @cached_property
    def evidence(self) -> ExportedEvidence | None:
        """Return None where there is nothing that could be run."""
        if self.runnable is None:
            return None
        conveyor = make_conveyor(self.box, self.root, self.folder, self.runnable, self.scratch)
        return ExportedEvidence(conveyor)

    @property
    def layout(self) -> Layout:
        return self.evidence.layout if self.evidence else read_layout(self.root, self.folder)


@pytest.fixture(scope="session")
def lab(submission, box) -> Iterator[Lab | None]:
    folder = find_lab(submission.root, "lab2")
    if folder is None:
        yield None
        return
    # Not pytest's tmp_path, which keeps the last three: each run leaves a copy of the submission.
    with TemporaryDirectory(prefix="lab2-", ignore_cleanup_errors=True) as scratch:
        yield Lab(box, submission.root, folder, Path(scratch))


def seen(lab: Lab, verdict) -> ExportedEvidence:
    """Return what the runs say; not run where they cannot be made, or would need the network."""
    if lab.evidence is None:
        verdict.not_run(text("there is no conveyor that could be run"))
    if lab.runnable.is_groovy and (reason := missing()):
        verdict.not_run(text("Groovy runs the pipeline, and {reason}", reason=reason))
    if lab.evidence.asks_for_network:
        verdict.not_run(text("it asks for the network, which the box has not: grade it with --allow-network"))
    return lab.evidence


@pytest.mark.points(2)
def test_scripts_are_saved(lab, verdict):
    """The scripts for collecting, preparing, training and testing are saved."""
    wanted = text("a script for each of {stages}", stages=", ".join(STAGES))
    if lab is None:
        verdict.fail(
            expected=wanted,
            found=text("no folder of lab 2"),
            help=text("put the scripts and the exported conveyor into a folder lab2"),
        )
    for note in lab.layout.notes:
        verdict.advice(note)
    missing_stages = [stage for stage in STAGES if lab.layout.stages[stage] is None]
    if not missing_stages:
        return
    losses = {
        "expected": wanted,
        "found": text("none for {stages}", stages=", ".join(missing_stages)),
        "help": text("save each stage of the conveyor as a script of its own"),
    }
    if len(missing_stages) < len(STAGES) - 1:
        verdict.partial(1, **losses)
    verdict.fail(**losses)


@pytest.mark.points(3)
def test_conveyor_is_exported(lab, verdict):
    """The conveyor is exported to a file, and Jenkins could read it."""
    wanted = text("a Jenkinsfile, a job's config.xml, or its shell lines in a file")
    if lab is None or not lab.exported:
        verdict.fail(
            expected=wanted,
            found=text("no such file"),
            help=text("save the pipeline as lab2/Jenkinsfile"),
        )
    first = lab.exported[0]
    verdict.advice(text("the conveyor is '{file}', {kind}", file=first.path, kind=KINDS[first.kind]))
    losses = {
        "expected": wanted,
        "found": text("'{file}', {kind}", file=first.path, kind=KINDS[first.kind]),
        "help": text("export the pipeline itself: save it as lab2/Jenkinsfile"),
    }
    if first.kind == "script":
        verdict.fail(**losses)
    if first.kind == "job":
        verdict.partial(1, **losses)
    if not first.is_groovy:
        return
    if reason := missing():
        verdict.not_run(text("Groovy reads the pipeline, and {reason}", reason=reason))
    if refusal := lab.evidence.refusal:
        verdict.partial(
            1,
            expected=text("a pipeline that Jenkins can read"),
            found=text("{reason}", reason=refusal),
            help=text("try it: python -m common.grading.jenkins {file}", file=first.path),
        )


@pytest.mark.points(2)
def test_version_control(lab, verdict):
    """The conveyor is tied to version control."""
    if lab is not None and any(exported.has_scm for exported in lab.exported):
        return
    verdict.fail(
        expected=text("checkout, a git step, or the repository in the job's config.xml"),
        found=text("none of them") if lab and lab.exported else text("no conveyor"),
        help=text("begin the conveyor with {step}", step="checkout scm"),
    )


@pytest.mark.points(4, depends=["test_conveyor_is_exported"])
def test_stages_finish(lab, verdict):
    """The conveyor's stages, run in order in a fresh copy, finish."""
    evidence = seen(lab, verdict)
    wanted = text("each stage ends well, in a fresh copy without data and models")
    if evidence.refusal:
        verdict.fail(
            expected=wanted,
            found=text("Jenkins would not begin: {reason}", reason=evidence.refusal),
            help=text("mend that line, and run the conveyor again"),
        )
    run = evidence.whole.run
    if run.exit_code:
        losses = {
            "expected": wanted,
            "found": text("it ended: {problem}: {line}", problem=evidence.problem, line=evidence.last_words)
            if evidence.problem
            else text("it {how}", how=how_it_ended(run)),
            "help": text("let it need less: fewer rows, a smaller model")
            if run.stopped
            else text("run it in a fresh clone, on another machine, and mend what it says"),
        }
        if evidence.scripts_finish:
            verdict.partial(2, **losses)
        verdict.fail(**losses)
    if not evidence.starts_stages:
        verdict.fail(
            expected=wanted,
            found=text("it started none of the stages"),
            help=text("let its steps run the stage scripts with python3"),
        )
    if failed := evidence.failed_stages:
        verdict.partial(
            2,
            expected=wanted,
            found=text(
                "{stage} ended with {code}, the conveyor went on",
                stage=" ".join(failed[0].arguments),
                code=failed[0].exit_code,
            ),
            help=text("let a step fail when its script fails: no '|| true', no catchError"),
        )
    if evidence.conveyor.runs_scripts_alone:
        before = evidence.as_exported
        verdict.partial(
            3,
            expected=wanted,
            found=text(
                "its scripts finish in its order, its own lines: it {how}", how=how_it_ended(before.run)
            )
            if before
            else text("its scripts finish in its order; its batch lines run on Windows alone"),
            help=text("let the steps need nothing but the repository: no path of your machine, no plugin"),
        )


@pytest.mark.points(3)
def test_data_are_made(lab, verdict):
    """Data is collected and prepared: train and test are made by the run."""
    if lab is None:
        verdict.not_run(text("there is no conveyor that could be run"))
    judge_data(seen(lab, verdict), verdict)


@pytest.mark.points(3, depends=["test_data_are_made"])
def test_model_is_trained(lab, verdict):
    """A model is trained and saved by the run."""
    evidence = seen(lab, verdict)
    with never_guessing(verdict):
        made = evidence.whole.models and evidence.models(evidence.whole)
        before = made and evidence.models(evidence.staged(PREPARATION))
        if not before:
            verdict.fail(
                expected=text("the run writes a model to a file"),
                found=text("it wrote none"),
                help=text("save the model, for example with pickle or joblib"),
            )
        after = evidence.models(evidence.trained_on_broken)
        if after != before == made:
            return
        right, broken = (
            evidence.metric(ran) for ran in (evidence.staged(TESTING), evidence.with_broken_train)
        )
    if after == before or not (right and broken and right.value != broken.value):
        verdict.partial(
            1,
            expected=text("other training data give another model, and another metric"),
            found=text("the same model") if after == before else text("no other metric"),
            help=text("train the model in the run, on the data of train, and test that one"),
        )


@pytest.mark.points(2, depends=["test_data_are_made"])
def test_quality_is_printed(lab, verdict):
    """The saved model is loaded, and its quality on the test data is printed."""
    evidence = seen(lab, verdict)
    run = evidence.whole.run
    if evidence.metric(evidence.whole) is None:
        verdict.fail(
            expected=text("a line such as 'Model test accuracy is: 0.876'"),
            found=text("no number: '{line}'", line=(own_lines(run.stdout) or [""])[-1]),
            help=text("let the last stage print the quality of the saved model"),
        )
    judge_metric(evidence, verdict)


@pytest.mark.points(1, depends=["test_stages_finish"])
def test_a_failing_stage_stops_it(lab, verdict):
    """The conveyor stops when a stage fails."""
    evidence = seen(lab, verdict)
    if evidence.conveyor.runs_scripts_alone:
        verdict.not_run(text("its own lines could not be run"))
    with never_guessing(verdict):
        run = evidence.with_a_failing_stage.run
    metric = best_metric(own_lines(run.stdout))
    if run.exit_code == 0 or metric:
        verdict.fail(
            expected=text("the build fails, without a metric, when training exits with 3"),
            found=text("exit code {code}, '{line}'", code=run.exit_code, line=metric.line if metric else ""),
            help=text("let a step fail when its script fails: set -e, no '|| true', no catchError"),
        )
