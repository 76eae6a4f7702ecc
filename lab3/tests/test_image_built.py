"""The images: built, run as compose runs them, asked, stopped, and pushed to a registry on loopback."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distribution

import httpx
import pytest

from common.tests.engine import shared_engine
from common.tests.tools import ROOT, list_repository, require, run_command, wait_until
from lab3.tests.page import free_port

LAB = ROOT / "lab3"
pytestmark = pytest.mark.thorough  # an engine, its base, and two images: minutes


@pytest.fixture(scope="module")
def docker():
    return shared_engine()


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Return the address of a registry on loopback."""
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    settings = folder / "registry.yml"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    with subprocess.Popen(
        [require("docker-registry"), "serve", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: httpx.get(f"http://127.0.0.1:{port}/v2/").is_success, not_yet=(httpx.HTTPError,))
        yield f"127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a repository of its own with one commit of this tree, on a branch with a slash."""
    folder = tmp_path_factory.mktemp("clone") / "workbook"
    for path in list_repository():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((ROOT / path).read_bytes())
    git = ["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (
        ["init", "-q", "-b", "feature/x"],
        ["remote", "add", "origin", "https://anna:secret@example.org/workbook.git"],
        ["add", "."],
        ["commit", "-q", "-m", "All", "--date", "2026-01-02T03:04:05Z"],
    ):
        ended = run_command(*git, *words)
        assert ended.code == 0, ended.err
    return folder


@pytest.fixture(scope="module")
def pushed(docker, clone, registry):
    env = docker.env | {"WORKBOOK_PYTHON": sys.executable}
    ended = docker.run("bash", clone / "lab3" / "build_image.sh", "--push", registry, env=env)
    assert ended.code == 0, ended.err
    return ended


def test_pushing_prints_one_digest_an_image(pushed, registry):
    lines = pushed.out.splitlines()
    assert [line.partition("@")[0] for line in lines] == [
        f"{registry}/mlops-lab3-service",
        f"{registry}/mlops-lab3-page",
    ]
    assert all(re.fullmatch(r".+@sha256:[0-9a-f]{64}", line) for line in lines)


@pytest.mark.usefixtures("pushed")
def test_tags_are_commit_branch_and_version(registry, clone):
    revision = run_command("git", "-C", clone, "rev-parse", "--short=12", "HEAD").out.strip()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    tags = httpx.get(f"http://{registry}/v2/mlops-lab3-service/tags/list").json()["tags"]
    assert sorted(tags) == sorted([revision, "feature-x", version, "latest"])


@pytest.mark.usefixtures("pushed")
def test_labels_say_what_is_inside(docker, registry, clone):
    image = f"{registry}/mlops-lab3-service:latest"
    labels = json.loads(docker.docker("inspect", "--format", "{{json .Config.Labels}}", image))
    card = json.loads((clone / "lab3" / "model" / "card.json").read_text())
    assert labels["mlops-workbook.model.sha256"] == card["sha256"]
    assert float(labels["mlops-workbook.model.metric"].removeprefix("accuracy ")) == card["test"]["accuracy"]
    assert labels["org.opencontainers.image.source"] == "https://example.org/workbook.git"
    committed = run_command("git", "-C", clone, "show", "-s", "--format=%cI").out.strip()
    assert labels["org.opencontainers.image.created"] == committed


@pytest.mark.usefixtures("pushed")
def test_an_image_has_no_build_tools_and_no_root(docker, registry):
    for image in ("service", "page"):
        name = f"{registry}/mlops-lab3-{image}:latest"
        assert docker.docker("inspect", "--format", "{{.Config.User}}", name) == "10001:10001"
        assert docker.run("docker", "run", "--rm", name, "python", "-m", "pip").code != 0
    script = "import matplotlib"
    assert docker.run("docker", "run", "--rm", name, "python", "-c", script).code != 0


@contextmanager
def advisories(vulnerable):
    """Give the address of a database in the form of OSV, and the packages that it was asked about."""
    asked = []

    class Database(BaseHTTPRequestHandler):
        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["content-length"])))
            name = question["package"]["name"]
            asked.append(f"{name}=={question['version']}")
            known = {"id": "PYSEC-2026-1", "modified": "2026-01-01T00:00:00Z", "summary": "", "details": ""}
            since = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}
            known["affected"] = [{"package": question["package"], "ranges": [since]}]
            answer = json.dumps({"vulns": [known]} if name == vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
        server.shutdown()


@pytest.mark.usefixtures("pushed")
@pytest.mark.parametrize(("vulnerable", "code"), [("", 0), ("h11", 1)])
def test_a_scan_asks_about_each_package_that_the_image_has(docker, registry, vulnerable, code):
    env = docker.env | {"WORKBOOK_PYTHON": sys.executable}
    with advisories(vulnerable) as (address, asked):
        image = f"{registry}/mlops-lab3-service:latest"
        options = ("--vulnerability-service", "osv", "--osv-url", address)
        ended = docker.run("bash", LAB / "scan_image.sh", image, *options, env=env)
    lines = (LAB / "image-service.txt").read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]
    assert sorted(asked) == sorted(f"{name}=={distribution(name).version}" for name in names), ended.err
    assert ended.code == code, ended.err
    assert re.findall(r"^(\S+) .*PYSEC-2026-1", ended.out, re.MULTILINE) == [vulnerable] * code


@pytest.mark.usefixtures("pushed")
def test_compose_starts_both_and_the_page_waits_for_the_service(docker, registry):
    ports = {"LAB3_PORT": str(free_port()), "LAB3_PAGE_PORT": str(free_port())}
    env = ports | {"REGISTRY": f"{registry}/", "TAG": "feature-x", "COMPOSE_PROJECT_NAME": "lab3test"}
    file = ("-f", LAB / "compose.yaml")
    try:
        started = docker.compose(*file, "up", "-d", "--no-build", **env)
        assert started.code == 0, started.err
        service = f"http://127.0.0.1:{ports['LAB3_PORT']}"
        assert httpx.get(f"{service}/readyz").json()["status"] == "ready"  # at once: the page has waited
        woman = {"class": 1, "sex": "female", "fare_pounds": 80}
        answers = httpx.post(f"{service}/predict", json=[woman] * 1000).json()["predictions"]
        assert {one["label"] for one in answers} == {"survived"}
        with httpx.Client(base_url=service) as client:
            assert all(client.post("/predict", json=woman).is_success for _ in range(500))
        page = f"http://127.0.0.1:{ports['LAB3_PAGE_PORT']}"
        wait_until(lambda: httpx.get(f"{page}/_stcore/health").text == "ok", not_yet=(httpx.HTTPError,))
        stopped = docker.compose(*file, "stop", "service", **env)
        assert stopped.code == 0
        name = docker.docker(
            "ps",
            "--all",
            "--filter",
            "name=lab3test_service",
            "--filter",
            "name=lab3test-service",
            "--format",
            "{{.ID}}",
        )
        assert docker.docker("inspect", "--format", "{{.State.ExitCode}}", name) == "0"
    finally:
        docker.compose(*file, "down", **env)


def test_what_is_wrong_is_one_line(docker):
    script = LAB / "build_image.sh"
    assert docker.run("bash", script, "--puhs", "x").err == (
        "build_image.sh: '--puhs' is not an option: type  bash lab3/build_image.sh --push REGISTRY\n"
    )
    script, usage = (
        LAB / "scan_image.sh",
        "type  bash lab3/scan_image.sh IMAGE, as in mlops-lab3-service:latest",
    )
    ended = docker.run("bash", script, "--osv-url", "x")
    assert (ended.code, ended.err) == (2, f"scan_image.sh: {usage}\n")
    ended = docker.run("bash", script, "mlops-lab3-srevice:latest")
    assert (ended.code, ended.err) == (
        1,
        "scan_image.sh: there is no image 'mlops-lab3-srevice:latest' here: "
        "bash lab3/build_image.sh makes the images, or start the docker engine\n",
    )
    script = LAB / "build_image.sh"
    nobody = run_command(
        "bash", script, env={"PATH": "/usr/bin:/bin:/usr/local/bin", "DOCKER_HOST": "unix:///nowhere"}
    )
    assert (nobody.code, nobody.err) == (
        1,
        "build_image.sh: no docker engine answers: start one, or set DOCKER_HOST to where it listens\n",
    )
