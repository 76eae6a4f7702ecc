"""The rubric of lab 5: 20 points for a notebook whose tests find the bad data, whoever wrote it.

bash common/test.sh lab5/test_lab5.py [--submission PATH]
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from common.grading.notebook.evidence import NotebookEvidence
from common.grading.notebook.find import Notebook, find_notebook
from common.grading.notebook.runs import how_it_ended
from common.grading.submission import find_lab
from common.grading.texts import counted, shown, text

CLEAN, TESTS = 3, 4  # datasets that the assignment asks for, and tests: one for each dataset
MUCH = 50_000_000  # characters of output: a page of which nobody sees the end
FAILS = {"failed", "xfailed"}


@pytest.fixture(scope="session")
def notebook(submission) -> Notebook | None:
    folder = find_lab(submission.root, "lab5")
    return find_notebook(submission.root, folder) if folder else None


@pytest.fixture(scope="session")
def evidence(submission, box, notebook) -> Iterator[NotebookEvidence | None]:
    if notebook is None or notebook.problem:
        yield None
        return
    with TemporaryDirectory(prefix="lab5-", ignore_cleanup_errors=True) as scratch:
        yield NotebookEvidence(box, submission.root, notebook, Path(scratch))


@pytest.mark.points(3)
def test_notebook_runs(notebook, evidence, verdict):
    """The notebook is there, and runs from its first cell to its last in a fresh copy."""
    wanted = text("a notebook whose cells all run after Restart and Run All")
    if notebook is None:
        verdict.fail(
            expected=wanted,
            found=text("no .ipynb of lab 5"),
            help=text("put the notebook into a folder lab5"),
        )
    for note in notebook.notes:
        verdict.advice(note)
    if evidence is None:
        verdict.fail(expected=wanted, found=notebook.problem, help=notebook.mend)
    seen = evidence.whole
    if evidence.needs_colab:
        verdict.advice(text("it asks for Google Colab: it ran with a stand-in that mounts nothing"))
    if seen.ended == "error":
        verdict.fail(
            expected=wanted,
            found=text(
                "cell {cell} ended with {error}: {line}", cell=seen.cell, error=seen.error, line=seen.line
            ),
            help=text("Restart and Run All on another machine, and mend that cell"),
        )
    if seen.ended == "time":
        verdict.fail(
            expected=wanted,
            found=text("cell {cell} was stopped after {seconds} s", cell=seen.cell, seconds=seen.line),
            help=text("let it need less: fewer rows, fewer repetitions, no waiting for input"),
        )
    if seen.ended == "dead":
        verdict.fail(
            expected=wanted,
            found=text("the kernel died in cell {cell}", cell=seen.cell),
            help=text("leave out what ends the process (exit, os._exit), and use less memory"),
        )
    if seen.ended:
        verdict.fail(
            expected=wanted,
            found=text("it {how}", how=how_it_ended(seen.run))
            if seen.run.exit_code
            else text("its run told nothing"),
            help=text("let it need less, and end no process"),
        )
    if seen.printed > MUCH:
        verdict.partial(
            2,
            expected=text("outputs that can be read"),
            found=text("its cells print {size} MB", size=seen.printed // 10**6),
            help=text("print a summary, or the first rows"),
        )


@pytest.mark.points(3)
def test_clean_data_are_made(evidence, verdict):
    """It makes three different clean datasets."""
    wanted = text("three datasets, no two the same, of which a line explains at least half of y")
    if evidence is None:
        verdict.not_run(text("there is no notebook that can be run"))
    names = ", ".join(dataset.name for dataset in evidence.clean)
    help_text = text("save each as a .csv with the columns x and y, or keep x_1, y_1, x_2, ... in variables")
    if not evidence.clean:
        verdict.fail(expected=wanted, found=text("no clean dataset, in files or variables"), help=help_text)
    if len(evidence.clean) < CLEAN:
        verdict.partial(
            len(evidence.clean), expected=wanted, found=text("only {names}", names=names), help=help_text
        )


@pytest.mark.points(2, depends=["test_clean_data_are_made"])
def test_model_is_trained(evidence, verdict):
    """It trains a linear regression on one of them."""
    if evidence.shows_a_line:
        return
    wanted = text("a trained linear regression that fits one of the clean datasets")
    help_text = text("train it in the notebook, on clean data: LinearRegression().fit(x, y)")
    if evidence.names_a_fit:
        verdict.partial(
            1, expected=wanted, found=text("code that trains, but no trained model that fits"), help=help_text
        )
    verdict.fail(expected=wanted, found=text("no linear regression"), help=help_text)


@pytest.mark.points(3, depends=["test_clean_data_are_made"])
def test_noisy_data_are_made(evidence, verdict):
    """It makes a dataset with noise that can be found."""
    wanted = text("a fourth dataset whose residuals are not those of the clean ones")
    if not evidence.called_noisy:
        verdict.fail(
            expected=wanted,
            found=text("no noisy dataset"),
            help=text("double y in a stretch, and save it as noisy"),
        )
    if not evidence.noisy:
        verdict.fail(
            expected=wanted,
            found=text("'{name}', whose noise nothing could find", name=evidence.called_noisy[0].name),
            help=text("make the noise larger: several times the spread of the clean data"),
        )


@pytest.mark.points(4)
def test_pytest_is_run(evidence, verdict):
    """It writes tests and runs pytest on them; run again, they give the same outcomes."""
    if evidence is None:
        verdict.not_run(text("there is no notebook that can be run"))
    wanted = text("pytest runs in the notebook, on at least {count} tests: one for each dataset", count=TESTS)
    run_it = text("write them with %%writefile test_model.py, then !pytest test_model.py")
    if not evidence.sessions:
        if not evidence.test_files:
            verdict.fail(expected=wanted, found=text("neither tests nor a run of pytest"), help=run_it)
        verdict.partial(
            1,
            expected=wanted,
            found=text("'{file}', and no run of pytest", file=evidence.test_files[0].name),
            help=run_it,
        )
    last = evidence.sessions[-1]
    if not evidence.shown:
        skipped = sum(session.skipped for session in evidence.sessions)
        found = (
            counted("{count} test, which is skipped", "{count} tests, all skipped", skipped)
            if skipped
            else shown(last.broken)
        )
        verdict.fail(expected=wanted, found=found, help=text("let the tests run"))
    if any(session.code is None for session in evidence.sessions):
        verdict.partial(
            1,
            expected=wanted,
            found=text("pytest was ended by a test"),
            help=text("leave out what ends the process: exit, os._exit"),
        )
    if not evidence.repeats_itself:
        verdict.partial(
            2,
            expected=text("the same outcomes when its tests run again"),
            found=text(
                "{now}, and before {before}", now=_counts(evidence.again), before=_counts(evidence.shown)
            ),
            help=text("give the tests a seed, and save what they read"),
        )
    if len(evidence.shown) < TESTS:
        verdict.partial(
            3,
            expected=wanted,
            found=_counts(evidence.shown),
            help=text("write one test for each dataset, or one with pytest.mark.parametrize"),
        )


@pytest.mark.points(5, depends=["test_noisy_data_are_made", "test_pytest_is_run"])
def test_noise_is_found(evidence, verdict):
    """The tests tell the noisy data from the clean: with other data they end otherwise."""
    wanted = text("other outcomes with clean data for noisy, and with noisy data for clean")
    look = text("compare the model's quality on each dataset with a threshold")
    outcomes = {outcome for _, outcome in evidence.shown}
    counts = _counts(evidence.shown)
    if not outcomes:
        verdict.not_run(text("no test was run"))
    if outcomes <= FAILS:
        verdict.fail(
            expected=text("tests that pass on clean data"),
            found=counts,
            help=look,
        )
    if evidence.reacts_to_clean and evidence.reacts_to_noise:
        if evidence.knows_data_by_heart:
            verdict.partial(
                3,
                expected=text("the same outcomes with each y changed by a ten-thousandth of its spread"),
                found=text("{now}, and before {before}", now=_counts(evidence.hardly_changed), before=counts),
                help=look,
            )
        return
    if not evidence.swapped and evidence.tests_see_numbers and outcomes & FAILS:
        verdict.partial(
            3,
            expected=wanted,
            found=text("{outcomes}; what the tests read could not be changed here", outcomes=counts),
            help=text("save each dataset as a .csv, and let the tests read it"),
        )
    if evidence.reacts_to_clean:
        found = text("noise in a clean dataset changes nothing: {outcomes}", outcomes=counts)
    elif evidence.reacts_to_noise:
        found = text("clean data for the noisy change nothing: {outcomes}", outcomes=counts)
    else:
        verdict.fail(
            expected=wanted, found=text("the same each time: {outcomes}", outcomes=counts), help=look
        )
    verdict.partial(4, expected=wanted, found=found, help=look)


def _counts(summary: list[tuple[str, str]]) -> str:
    outcomes = [outcome for _, outcome in summary]
    return ", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes))) or text("none")
