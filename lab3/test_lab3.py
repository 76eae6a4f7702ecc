"""The rubric of lab 3: 20 points for a model in a container that answers, whoever wrote it.

bash common/test.sh lab3/test_lab3.py [--submission PATH]
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from common.grading.engine.workshop import EngineWorkshop
from common.grading.service.dockerfile import is_pinned
from common.grading.service.evidence import ServiceEvidence
from common.grading.service.judging import FULL, HALF
from common.grading.service.machine import last_words
from common.grading.service.sources import has_model, has_service
from common.grading.service.trial import NO_MODULE
from common.grading.service.workshop import BoxWorkshop
from common.grading.submission import find_lab
from common.grading.texts import text


@pytest.fixture(scope="session")
def evidence(submission, box, engine) -> Iterator[ServiceEvidence | None]:
    folder = find_lab(submission.root, "lab3")
    if folder is None:
        yield None
        return
    workshop = EngineWorkshop(engine, box) if engine else BoxWorkshop(box)
    # Not pytest's tmp_path, which keeps the last three: each trial leaves a copy of the submission.
    with TemporaryDirectory(prefix="lab3-", ignore_cleanup_errors=True) as scratch:
        Path(scratch).chmod(0o755)  # the box runs as another user
        yield ServiceEvidence(workshop, submission.root, folder, Path(scratch))


@pytest.mark.points(3)
def test_code(evidence, verdict):
    """There is Python code for a model, and for a service or a page."""
    wanted = text("Python files that use a model and serve it, with FastAPI, Flask, Streamlit or the like")
    if evidence is None or not evidence.sources:
        verdict.fail(
            expected=wanted, found=text("no Python code of lab 3"), help=text("put it into a folder lab3")
        )
    model, service = has_model(evidence.sources), has_service(evidence.sources)
    if model and service:
        return
    if not (model or service):
        verdict.fail(
            expected=wanted,
            found=text("neither of the two"),
            help=text("load a model, and serve what it predicts"),
        )
    verdict.partial(
        1,
        expected=wanted,
        found=text("no service or page") if model else text("no model"),
        help=text("serve what the model predicts") if model else text("load a model and let it predict"),
    )


@pytest.mark.points(3)
def test_dockerfile(evidence, verdict):
    """A Dockerfile parses, builds on something pinned, copies what it runs, exposes what it listens on."""
    wanted = text("a Dockerfile with FROM image:version, COPY of all that it needs, and EXPOSE of its port")
    if evidence is None or not evidence.found.dockerfiles:
        verdict.fail(expected=wanted, found=text("no Dockerfile"), help=text("write lab3/Dockerfile"))
    found, trial = evidence.found, evidence.trial
    for path, problem in found.unreadable.items():
        verdict.fail(
            expected=wanted,
            found=text("{file}: {problem}", file=path.name, problem=problem),
            help=text("run docker build and mend what it says"),
        )
    if not any(path.name.lower() == "dockerfile" for path in found.dockerfiles):
        verdict.advice(
            text("Docker looks for a file named Dockerfile, yours is {file}", file=found.dockerfiles[0].name)
        )
    if evidence.made:
        verdict.advice(
            text("what it copies was made first, by {scripts}: say so in a README", scripts=evidence.made.by)
        )
    losses = []
    loose = [base for build in found.builds for base in build.dockerfile.bases if not is_pinned(base)]
    if loose:
        losses.append(
            (text("FROM {image} has no version", image=loose[0]), text("name one: python:3.11-slim"))
        )
    if missing := trial.missing:
        losses.append(
            (
                text("there is no '{file}' to copy", file=missing[0]),
                text("commit it, or the script that makes it"),
            )
        )
    elif trial.build_problems:
        losses.append(
            (next(iter(trial.build_problems.values())), text("run docker build and mend what it says"))
        )
    elif not any(image.copied for image in trial.images.values()):
        losses.append((text("it copies nothing"), text("COPY the program and the model")))
    if hidden := _unexposed(trial):
        losses.append(
            (text("port {port} is not exposed", port=hidden), text("add EXPOSE {port}", port=hidden))
        )
    if not losses:
        return
    found_, help_ = ("; ".join(words) for words in zip(*losses, strict=True))
    if len(losses) == 3:
        verdict.fail(expected=wanted, found=found_, help=help_)
    verdict.partial(3 - len(losses), expected=wanted, found=found_, help=help_)


def _unexposed(trial) -> int | None:
    """Return a port on which a service listens, or means to, and which no file opens."""
    opened = {port for image in trial.images.values() for port in image.exposed}
    opened |= {port for build in trial.found.builds for port in build.service.ports}
    ports = [port.number for port in trial.judged] or sorted(
        port for launch in trial.launches for port in launch.ports
    )
    if not ports and not opened:
        return 8000
    return next((port for port in ports if not any(_covers(words, port) for words in opened)), None)


def _covers(words: str, port: int) -> bool:
    first, _, last = words.partition("-")
    return first.isdecimal() and int(first) <= port <= (int(last) if last.isdecimal() else int(first))


@pytest.mark.points(5)
def test_service_starts(evidence, verdict):
    """The service starts as its Dockerfile or compose file says, and listens."""
    wanted = text("the command of the Dockerfile starts a service, which listens to the outside")
    if evidence is None or not evidence.found.builds:
        found = text("no Dockerfile that could be read")
        verdict.fail(
            expected=wanted, found=found, help=text("write a Dockerfile whose CMD starts the service")
        )
    trial = evidence.trial
    for service, right in evidence.withheld():
        verdict.advice(
            text("{service} was not given what it asks for: {right}", service=service, right=right)
        )
    if trial.cannot:
        verdict.not_run(trial.cannot)
    if trial.ports:
        _judge_listening(evidence, verdict, wanted)
        return
    if trial.needs and evidence.asks_for(trial.needs):
        verdict.not_run(
            text("it needs '{name}', which is not on this machine: use --requirements", name=trial.needs)
        )
    if trial.build_problems and not trial.launches:
        found = text("it cannot be built: {problem}", problem=next(iter(trial.build_problems.values())))
    elif missing := trial.missing:
        found = text("it cannot be built: there is no '{file}' to copy", file=missing[0])
    elif trial.run and trial.run.exit_code == 137 and not trial.failed:
        found = text("it did not listen within its time")
    else:
        found = text("it ended: {line}", line=last_words(trial.run) if trial.run else "")
    if evidence.has_pins():
        verdict.advice(
            text("it ran with this machine's packages: --requirements takes the versions that it pins")
        )
    if trial.found.pulled:
        verdict.advice(
            text("not started, as it is not built here: {images}", images=", ".join(trial.found.pulled))
        )
    verdict.fail(
        expected=wanted, found=found, help=text("run docker build and docker run, and mend what they say")
    )


def _judge_listening(evidence, verdict, wanted):
    trial = evidence.trial
    if missing := trial.missing:
        verdict.partial(
            1,
            expected=wanted,
            found=text("docker build would fail: there is no '{file}' to copy", file=missing[0]),
            help=text("commit it, or the script that makes it"),
        )
    if lacking := evidence.lacking():
        verdict.partial(
            2,
            expected=text("everything that the program imports is installed in its image"),
            found=text("nothing installs {modules}", modules=", ".join(lacking)),
            help=text("add them to requirements.txt; try it with docker run"),
        )
    host = any(build.service.has_host_network for build in trial.found.builds)
    if all(port.is_loopback for port in trial.ports) and not host:
        verdict.partial(
            3,
            expected=wanted,
            found=text("it listens on 127.0.0.1 alone, which is inside of its container"),
            help=text("let it listen on 0.0.0.0"),
        )
    if trial.failed or trial.build_problems:
        name, how = next(iter({**trial.build_problems, **trial.failed}.items()))
        verdict.partial(
            3,
            expected=text("every service of the compose file starts"),
            found=text("{name} does not: {how}", name=name, how=how),
            help=text("run docker-compose up and mend what it says"),
        )


@pytest.mark.points(5, depends=["test_service_starts"])
def test_service_answers(evidence, verdict):
    """The page loads without an exception; the API answers with a prediction that depends on the input."""
    judged = evidence.judged
    wanted = text("a page without exceptions, or an answer to a valid request that depends on what it says")
    if not judged:
        verdict.fail(
            expected=wanted, found=text("it does not speak HTTP"), help=text("serve a page or an API")
        )
    points = min(one.answers for one in judged)
    if points == FULL:
        return
    worst = min(judged, key=lambda one: one.answers)
    module = NO_MODULE.search(worst.found)
    if module and evidence.asks_for(module[1] or ""):
        verdict.not_run(
            text("it needs '{name}', which is not on this machine: use --requirements", name=module[1])
        )
    if evidence.asks_for_network(worst):
        verdict.not_run(evidence.workshop.no_network)
    if max(one.answers for one in judged) == FULL:
        points = max(points, HALF)
    if evidence.has_pins():
        verdict.advice(
            text("it ran with this machine's packages: --requirements takes the versions that it pins")
        )
    words = {"expected": wanted, "found": worst.found, "help": worst.help}
    if points:
        verdict.partial(points, **words)
    verdict.fail(**words)


@pytest.mark.points(2, depends=["test_service_answers"])
def test_bad_input(evidence, verdict):
    """Bad input gets a status of 4xx or a message, and the service lives on."""
    asked = [one for one in evidence.judged if not one.why_not_asked]
    if not asked:
        verdict.not_run(evidence.judged[0].why_not_asked)
    worst = min(asked, key=lambda one: one.bad_input)
    if worst.bad_input == 2:
        return
    words = {
        "expected": text("400 or 422, or a message that says what is wrong"),
        "found": worst.bad_found,
        "help": text("check what comes in, and answer with what is wrong with it"),
    }
    if worst.bad_input:
        verdict.partial(1, **words)
    verdict.fail(**words)


@pytest.mark.points(1)
def test_compose(evidence, verdict):
    """A docker-compose file has the right form and names the service."""
    wanted = text("a docker-compose.yml whose services build or name the image")
    help_ = text("docker-compose config says what is wrong")
    if evidence is None or evidence.found.compose is None:
        verdict.fail(expected=wanted, found=text("no compose file"), help=text("write docker-compose.yml"))
    found = evidence.found
    if found.compose_problem:
        name = found.compose.name
        problem = text("{file}: {problem}", file=name, problem=found.compose_problem)
        verdict.fail(expected=wanted, found=problem, help=help_)
    built = {build.service.name for build in found.builds}
    built |= {
        service.name for service in found.services if service.context is not None or "/" in service.image
    }
    if not any(service.name in built for service in found.services):
        names = ", ".join(service.name for service in found.services)
        verdict.fail(expected=wanted, found=text("none of {names} is built here", names=names), help=help_)


@pytest.mark.points(1)
def test_tag(evidence, verdict):
    """The image's tag is tied to the version, its commit or branch; or the image is pushed."""
    if evidence is None or not evidence.version_file():
        verdict.fail(
            expected=text("a script or workflow that tags the image with the commit or branch, or pushes it"),
            found=text("neither"),
            help=text('docker build -t name:"$(git rev-parse --short HEAD)" . in a script'),
        )
