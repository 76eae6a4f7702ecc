"""The rubric of lab 4: 20 points for versions of a dataset that anybody can switch between.

bash common/test.sh lab4/test_lab4.py [--submission PATH]
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from common.grading.texts import text
from common.grading.versions.case import Case
from common.grading.versions.data import MISSING, RIGHT, WRONG
from common.grading.versions.documents import find_reports, is_unreadable, unnamed_in
from common.grading.versions.meaning import ENCODED, FILLED, MEANINGS, MEND

SHOWN = 4  # of a list, in one line


@pytest.fixture(scope="session")
def case(submission, box) -> Iterator[Case]:
    # Not pytest's tmp_path, which keeps the last three: each run leaves a copy of the submission.
    with TemporaryDirectory(prefix="lab4-", ignore_cleanup_errors=True) as scratch:
        Path(scratch).chmod(0o755)
        yield Case(submission.root, box, Path(scratch))


def names(items) -> str:
    items = list(items)
    more = text(" and {count} more", count=len(items) - SHOWN) if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


@pytest.mark.points(2)
def test_dvc_is_set_up(case, verdict):
    """DVC is set up, and its configuration is committed."""
    wanted = text(".dvc/config in git, of the repository or of the lab's folder")
    if case.reading.damage:
        verdict.not_run(text("its git history cannot be read: {reason}", reason=case.reading.damage))
    if case.lab is None:
        verdict.fail(
            expected=wanted, found=text("no folder of lab 4"), help=text("put the lab into a folder lab4")
        )
    if case.is_made:
        verdict.advice(
            text("judged: the repository in '{folder}', which the lab made", folder=case.history.home)
        )
    elif case.history.home:
        verdict.advice(text("judged: the repository in '{folder}'", folder=case.history.home))
    if case.history.damage:
        verdict.advice(text("git complains: {line}", line=case.history.damage))
    if case.history.cut:
        verdict.advice(text("only the newest commits were looked at: there are too many"))
    if case.configuration.files:
        return
    losses = {"expected": wanted, "help": text("dvc init, git add .dvc .dvcignore, git commit")}
    if case.uncommitted.config:
        verdict.partial(1, found=text("it is there, and not committed"), **losses)
    verdict.fail(found=text("none"), **losses)


@pytest.mark.points(2)
def test_remote_is_configured(case, verdict):
    """A remote is configured, and no secret with it."""
    configuration = case.configuration
    if configuration.secrets:
        told = (
            text("{key} = {value}", key=secret.key, value=secret.shown) for secret in configuration.secrets
        )
        verdict.fail(
            expected=text("no secrets in what is committed"),
            found=text("{secrets} in {file}", secrets=names(told), file=configuration.secrets[0].config),
            help=text(
                "withdraw them, and set new ones by dvc remote modify --local: the history keeps the old"
            ),
        )
    if configuration.remotes:
        if not configuration.default:
            verdict.advice(
                text("no default remote: dvc remote default {name}", name=configuration.remotes[0].name)
            )
        return
    losses = {
        "expected": text("a remote with its url in the committed .dvc/config"),
        "help": text("dvc remote add --default NAME URL, then commit .dvc/config"),
    }
    if case.uncommitted.remote:
        verdict.partial(1, found=text("one that is not committed: nobody else can pull"), **losses)
    verdict.fail(found=text("none"), **losses)


@pytest.mark.points(4)
def test_versions_are_in_history(case, verdict):
    """Three versions or more of a dataset are in the history."""
    versions = case.versions
    if case.reading.damage:
        verdict.not_run(text("its git history cannot be read: {reason}", reason=case.reading.damage))
    if not case.has_history and case.lab is not None:
        verdict.not_run(text("there is no .git: hand in the folder itself, or a zip with .git in it"))
    if len(versions) >= 3:
        if len({version.path for version in versions}) == len(versions):
            verdict.advice(text("each version has a name of its own: with one name, git checkout switches"))
        return
    shallow = case.history.shallow
    told = names(text("{name} {md5}", name=one.name, md5=one.md5[:8]) for one in versions) or text("none")
    losses = {
        "expected": text("three .dvc files or dvc.lock with different MD5s, each in a commit of its own"),
        "found": text("{versions}, in a shallow clone", versions=told) if shallow else told,
        "help": text("hand in the whole history: git fetch --unshallow")
        if shallow
        else text("after each change of the data: dvc add, git commit, dvc push"),
    }
    if len(versions) == 2:
        verdict.partial(2, **losses)
    if shallow:
        verdict.not_run(text("the clone is shallow, what is older is not there: git fetch --unshallow"))
    verdict.fail(**losses)


@pytest.mark.points(3, depends=["test_versions_are_in_history"])
def test_versions_mean_what_they_should(case, verdict):
    """One version is a raw selection, one has its gaps filled, one has its words encoded."""
    meaning = case.meaning_of_data
    told = text("the data")
    if meaning.lacking and len(case.meaning_of_scripts.seen) > len(meaning.seen):
        meaning, told = case.meaning_of_scripts, text("what the scripts made here")
    if meaning.strange_fill:
        verdict.advice(
            text("the gaps of '{column}' are not filled with its mean", column=meaning.strange_fill)
        )
    if not meaning.lacking:
        return
    if meaning.seen:
        verdict.partial(
            len(meaning.seen),
            expected=text("{meanings}", meanings=", ".join(MEANINGS)),
            found=text(
                "in {where} there is not {lacking}", where=told, lacking=text(", nor ").join(meaning.lacking)
            ),
            help=MEND[meaning.lacking[0]],
        )
    if any(case.tables):
        verdict.fail(
            expected=text("{meanings}", meanings=", ".join(MEANINGS)),
            found=text("tables that differ in none of these ways"),
            help=text("select columns, then fill the gaps with the mean, then encode the words"),
        )
    if case.said >= {FILLED, ENCODED}:
        verdict.partial(
            1,
            expected=text("versions whose data can be read here, or scripts that make them"),
            found=text("only what the commits and tags say"),
            help=text("hand in .dvc/cache or a folder remote with it, or scripts that run anywhere"),
        )
    verdict.not_run(
        text("neither the data can be had here, nor do scripts make it, nor do the commits say it")
    )


@pytest.mark.points(2)
def test_data_is_not_in_git(case, verdict):
    """The data itself is not in git."""
    if case.lab is None or not case.data_names:
        verdict.not_run(text("no dataset is under DVC"))
    versioned, others, past = case.data_in_git()
    losses = {
        "expected": text("pointers in git, and data in DVC alone"),
        "help": text("git rm -r --cached PATH, dvc add PATH, and a .gitignore that DVC writes"),
    }
    if versioned:
        verdict.fail(found=text("in git: {files}", files=names(versioned)), **losses)
    if others:
        verdict.partial(1, found=text("in git: {files}", files=names(others)), **losses)
    if past:
        verdict.partial(1, found=text("in git's history: {files}", files=names(past)), **losses)


@pytest.mark.points(3, depends=["test_versions_are_in_history"])
def test_versions_can_be_switched(case, verdict):
    """Switching works: each version that can be had has the recorded MD5."""
    versions = case.versions
    states = [(version.name, case.found[version.md5].state) for version in versions]
    having = {state: [name for name, its in states if its == state] for state in (RIGHT, WRONG, MISSING)}
    wanted = text("the data of {count} versions, each with its MD5", count=len(versions))
    if len(having[RIGHT]) == len(versions):
        return
    if having[WRONG]:
        losses = {
            "expected": wanted,
            "found": text("another content for {versions}", versions=names(having[WRONG])),
            "help": text("dvc push again from where the data is whole"),
        }
        if having[RIGHT]:
            verdict.partial(1, **losses)
        verdict.fail(**losses)
    remotes = case.configuration.remotes
    elsewhere = [remote for remote in remotes if remote not in case.reachable(remotes)]
    lost = text("no data for {versions}", versions=names(having[MISSING]))
    if not elsewhere:
        losses = {
            "expected": wanted,
            "found": lost if remotes else text("{lost}, and no remote", lost=lost),
            "help": text(
                "dvc push after each commit; for an older one: git checkout, dvc checkout, dvc push"
            ),
        }
        if having[RIGHT] or not remotes:
            verdict.partial(min(2, len(having[RIGHT])) or 1, **losses)
        verdict.fail(**losses)
    if len(having[RIGHT]) >= 2:
        verdict.advice(text("not to be had here: {versions}", versions=names(having[MISSING])))
        return
    if not all(version.size for version in versions):
        verdict.partial(
            1,
            expected=text("pointers as DVC writes them"),
            found=text("{lost}, and pointers without a size", lost=lost),
            help=text("let dvc add write the .dvc files, and hand in .dvc/cache or a folder remote"),
        )
    verdict.partial(
        2,
        expected=wanted,
        found=text("{lost}: '{url}' cannot be reached from here", lost=lost, url=elsewhere[0].url),
        help=text("hand in .dvc/cache, or a folder remote, with the repository"),
    )


@pytest.mark.points(2)
def test_scripts_run(case, verdict):
    """The scripts that create the versions run."""
    wanted = text("a pipeline, a dvc.yaml or scripts that make the versions, each ends with exit code 0")
    tried = case.tried
    if not tried:
        verdict.fail(
            expected=wanted,
            found=text("no folder of lab 4") if case.lab is None else text("no script"),
            help=text("write what changes the data as a script, so that others can repeat it"),
        )
    if case.scripts.gave_passengers:
        verdict.advice(text("catboost.titanic() gave this grader's own list: the box has no network"))
    if any(one.ok for one in tried):
        return
    best = max(tried, key=lambda one: len(one.succeeded))
    failures = [step for one in tried for step in one.failed]
    first = best.failed[0]
    if all(step.asks_for_network for step in failures) and not case.box.network:
        verdict.not_run(text("they ask for the network, which the box has not: grade with --allow-network"))
    if all(step.asks_for_network or step.lacks(case.data_names) for step in failures):
        verdict.not_run(
            text("they need data that cannot be had here: {name} {how}", name=first.name, how=first.how)
        )
    losses = {
        "expected": wanted,
        "found": text("{name} {how}", name=first.name, how=first.how),
        "help": text("run them in a fresh clone, on another machine, and mend what they say"),
    }
    if best.succeeded:
        verdict.partial(1, **losses)
    verdict.fail(**losses)


@pytest.mark.points(1)
def test_report_names_what_was_configured(case, verdict):
    """A report names what was configured."""
    reports = find_reports(case.root, case.lab) if case.lab else []
    lacking = [unnamed_in(report) for report in reports if not is_unreadable(report)]
    if [] in lacking:
        return
    if unreadable := [report.name for report in reports if is_unreadable(report)]:
        verdict.not_run(
            text("'{file}' is not read here: hand it in as .md, .txt or .docx", file=unreadable[0])
        )
    verdict.fail(
        expected=text("a README or report about DVC, the remote, and the versions and how to switch"),
        found=text("none that names {lacking}", lacking=", ".join(min(lacking, key=len)))
        if lacking
        else text("no report"),
        help=text("write down what was set up: the remote, the versions, the commands"),
    )


@pytest.mark.points(1)
def test_dag_or_experiments(case, verdict):
    """There is a DAG, or there are experiments."""
    histories = [*case.reading.repositories, case.reading.tree, case.history]
    if not any(history.stages or history.experiments for history in histories):
        verdict.fail(
            expected=text("a dvc.yaml with stages, or experiments of dvc exp run"),
            found=text("neither"),
            help=text("dvc stage add -n NAME -d IN -o OUT python script.py"),
        )
