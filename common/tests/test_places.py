"""A run may see its work folder at other places too, and this machine by other names; nothing else moves."""

from pathlib import Path

import pytest

from common.grading.box.places import places
from common.grading.sandbox import WORK, Setting
from common.grading.service.compose import Service
from common.grading.service.image import Image
from common.grading.service.launch import Launch
from common.grading.service.machine import Machine, Port, failed_one
from common.grading.service.netns import Doorway
from common.tests.boxes import make_box

LISTEN = (
    "import socket; s = socket.create_server(('{host}', {port})); "
    "c, _ = s.accept(); c.sendall(b'hello'); c.recv(9)"
)


def tree(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_an_image_is_seen_at_its_own_places(work):
    tree(work, "app/a.txt", "usr/src/app/b.txt", "home/me/c.txt", "etc/app.conf", "d.txt")
    box = make_box()
    links = places(work, WORK, box.python.folders)
    seen = "/app/a.txt /usr/src/app/b.txt /home/me/c.txt /d.txt /etc/app.conf"
    script = f"cat {seen}; echo new >/app/new"
    run = box.run(["sh", "-c", script], work, setting=Setting(links))
    assert run.stdout == "app/a.txtusr/src/app/b.txthome/me/c.txtd.txtetc/app.conf"
    assert (work / "app/new").read_text() == "new\n"


def test_what_the_box_has_is_not_replaced(work):
    tree(
        work,
        "bin/sh",
        "usr/bin/env",
        "etc/passwd",
        "proc/x",
        "tmp/y",
        "lib/z",
        "box/go",
        "opt/py/x",
        "opt/app/y",
    )
    links = places(work, WORK, [Path("/opt/py")])
    assert links == {"/opt/app": f"{WORK}/opt/app"}


def test_services_know_each_other_by_name(work):
    run = make_box().run(["getent", "hosts", "api"], work, setting=Setting(hosts=("api",)))
    assert run.stdout.split() == ["127.0.0.1", "api"]


def machine(tmp_path, *sources):
    launches = []
    for number, source in enumerate(sources):
        folder = tree(tmp_path / f"image-{number}", "app/x")
        image = Image(folder, "python:3.11", folder="/app")
        launches.append(Launch(f"s{number}", image, Service(f"s{number}"), ("python", "-c", source), {}))
    work = tmp_path / "work"
    work.mkdir()
    return Machine(make_box(), launches, work)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("0.0.0.0", False), ("127.0.0.1", True), ("::", False), ("::1", True)],  # noqa: S104
)
def test_a_port_is_seen_and_can_be_talked_to(tmp_path, host, is_loopback):
    source = LISTEN.format(host=host, port=80)
    if ":" in host:
        source = source.replace(", 80))", ", 80), family=socket.AF_INET6)")
    with machine(tmp_path, source) as running:
        (port,) = running.wait()
        assert port == Port(80, is_loopback, "6" if ":" in host else "4")
        with running.open(port).connect(port.number, port.version) as connection:
            assert connection.recv(5) == b"hello"
        with pytest.raises(ConnectionRefusedError, match=r"^port 81 takes no connection$"):
            running.open(port).connect(81)


def test_the_service_that_fails_is_named(tmp_path):
    with machine(tmp_path, "import time; time.sleep(60)", "raise SystemExit(3)") as running:
        assert running.wait() == []
        assert failed_one(running.stop()) == "s1"


def test_a_network_that_is_gone_is_said():
    with pytest.raises(ConnectionError, match=r"^the box's network cannot be entered: .*No such file"):
        Doorway(2**22 + 1)
