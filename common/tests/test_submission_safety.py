"""Opening a hostile or broken submission: left out with a note, or refused in one line."""

import os
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from common.grading.submission import open_submission
from common.stage import LabError
from common.tests.submissions.packing import files, pack


def refusal(path: Path, into: Path) -> str:
    with pytest.raises(LabError) as error:
        open_submission(path, into)
    message = str(error.value)
    assert "\n" not in message
    assert not list(into.glob("submission-*"))  # nothing half-open is left
    return message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.py", "an entry leads out of its folder: '../evil.py'"),
        ("lab1/../../evil.py", "an entry leads out of its folder: 'lab1/../../evil.py'"),
        ("lab1\\..\\..\\evil.py", "an entry leads out of its folder: 'lab1\\..\\..\\evil.py'"),
        ("/etc/cron.d/evil", "an entry has an absolute path: '/etc/cron.d/evil'"),
        ("C:\\evil.py", "an entry has an absolute path: 'C:\\evil.py'"),
        ("d/" * 41 + "f", "folders are nested deeper than 40: '" + "d/" * 41 + "f'"),
        ("n" * 256, "a name is longer than 255 bytes: "),
    ],
)
def test_names_that_lead_out_are_refused(tmp_path, name, reason):
    message = refusal(pack(tmp_path / "a.zip", {"lab1/a.py": "1", name: "evil"}), tmp_path / "out")
    assert message.startswith(f"'a.zip': {reason}")
    assert files(tmp_path) == ["a.zip"]


def test_links_inside_stay_and_links_out_go(tmp_path):
    lab = tmp_path / "in/lab1"
    lab.mkdir(parents=True)
    (lab / "a.py").write_text("1")
    links = {"ok": "a.py", "out": "../../secret", "abs": "/etc/passwd", "gone": "nothing", "loop": "loop"}
    links |= {"here": ".", "sly": "here/../../../secret", "chain": "out"}
    for name, goal in links.items():
        (lab / name).symlink_to(goal)
    (tmp_path / "secret").write_text("secret")
    opened = open_submission(tmp_path / "in", tmp_path / "out")
    assert sorted(path.name for path in (opened.root / "lab1").iterdir()) == ["a.py", "here", "ok"]
    assert (opened.root / "lab1/ok").read_text() == "1"
    assert "left out the link 'lab1/out' to '../../secret'" in opened.notes
    assert len(opened.notes) == 6


def test_a_link_cannot_be_made_through_a_link(tmp_path):
    path, outside = tmp_path / "a.zip", tmp_path / "outside"
    outside.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name, goal in {"out": "../../outside", "out/planted": "anything"}.items():
            link = zipfile.ZipInfo(name)
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            link.create_system = 3
            archive.writestr(link, goal)
    opened = open_submission(path, tmp_path / "copy")
    assert list(outside.iterdir()) == list(opened.root.iterdir()) == []
    assert not outside.joinpath("planted").is_symlink()
    assert len(opened.notes) == 2


def test_links_in_a_zip_cannot_be_written_through(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("lab1/out")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        link.create_system = 3
        archive.writestr(link, "../../..")
        archive.writestr("lab1/out/evil.py", "evil")
    opened = open_submission(path, tmp_path / "a/b/c")
    assert files(opened.root) == ["lab1/out/evil.py"]
    assert opened.notes == ("left out the link 'lab1/out' to '../../..'",)


def test_what_is_no_file_is_left_out(tmp_path):
    lab = tmp_path / "in/lab1"
    lab.mkdir(parents=True)
    os.mkfifo(lab / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(lab / "s"))
        opened = open_submission(tmp_path / "in", tmp_path / "out")
    assert opened.notes == ("left out 'lab1/pipe': named pipe", "left out 'lab1/s': socket")
    assert files(opened.root) == []


def test_hard_link_is_copied_not_shared(tmp_path):
    lab = tmp_path / "in/lab1"
    lab.mkdir(parents=True)
    (lab / "a.py").write_text("1")
    os.link(lab / "a.py", lab / "b.py")
    root = open_submission(tmp_path / "in", tmp_path / "out").root
    (root / "lab1/a.py").write_text("2")
    assert [(root / "lab1/b.py").read_text(), (lab / "a.py").read_text()] == ["1", "1"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_hard_link_to_somebody_elses_file_is_left_out(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("secret")
    os.link(tmp_path / "secret", tmp_path / "in/key.txt")
    os.chown(tmp_path / "in", 12345, 12345)
    opened = open_submission(tmp_path / "in", tmp_path / "out")
    assert opened.notes == ("left out 'key.txt': hard link to somebody else's file",)
    assert files(opened.root) == []


def test_unreadable_file_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.py").write_text("1")
    (tmp_path / "in/key.txt").write_text("1")
    real = os.open  # root reads everything, so the refusal is the system's own, given by hand

    def refuse(path, *arguments, **options):
        if str(path).endswith("key.txt"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    opened = open_submission(tmp_path / "in", tmp_path / "out")
    assert opened.notes == ("left out 'key.txt': Permission denied",)
    assert files(opened.root) == ["a.py"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_different_files_of_one_name_are_refused(tmp_path):
    path = pack(tmp_path / "a.zip", {"lab1\\a.py": "1", "lab1/a.py": "2"})
    assert refusal(path, tmp_path / "out") == "'a.zip': two different files have one name: 'lab1/a.py'"
    alike = pack(tmp_path / "b.zip", {"lab1\\a.py": "1", "lab1/a.py": "1"})
    assert open_submission(alike, tmp_path).notes == ("'lab1/a.py' is there twice, alike",)


def test_a_name_that_is_file_and_folder_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", {"lab1": "1", "lab1/a.py": "2"})
    assert refusal(path, tmp_path / "out") == "'a.zip': one name is both a file and a folder: 'lab1/a.py'"


def test_zip_with_a_password_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", {"lab1/a.py": "1"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    expected = "'a.zip': the zip has a password, pack it without one: 'lab1/a.py'"
    assert refusal(path, tmp_path / "out") == expected


def test_zip_of_another_compression_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("lab1/a.py", "1")
    expected = "'a.zip' uses a compression that is not deflate: pack it as an ordinary zip"
    assert refusal(tmp_path / "a.zip", tmp_path / "out") == expected


@pytest.mark.parametrize("keep", [0, 10, 100, 600, 1015])
def test_truncated_zip_is_refused(tmp_path, keep):
    path = pack(tmp_path / "a.zip", {f"lab1/{i}.py": os.urandom(100) for i in range(4)})
    assert path.stat().st_size > 700
    path.write_bytes(path.read_bytes()[: min(keep, path.stat().st_size - 1)])
    assert refusal(path, tmp_path / "out") == "'a.zip' is not a whole zip: pack the folder again"


def test_damaged_zip_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", {"lab1/a.py": os.urandom(1000)})
    content = bytearray(path.read_bytes())
    content[500] ^= 0xFF
    path.write_bytes(content)
    assert refusal(path, tmp_path / "out") == "'a.zip' is not a whole zip: pack the folder again"


def test_bomb_of_one_file_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lab1/zeros.csv", bytes(40 << 20))
    expected = "'a.zip': an entry unpacks to more than 200 times its size: 'lab1/zeros.csv'"
    assert refusal(tmp_path / "a.zip", tmp_path / "out") == expected


def test_bomb_of_overlapping_entries_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", {"a": os.urandom(3000), "b": os.urandom(3000)})
    content = bytearray(path.read_bytes())
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = (5).to_bytes(4, "little")  # the second entry starts in the first
    path.write_bytes(content)
    assert refusal(path, tmp_path / "out") == "'a.zip': entries of the zip overlap: 'b'"


def test_limits_of_size_and_number(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    with (tmp_path / "in/huge.bin").open("wb") as file:
        file.truncate(600 << 20)  # sparse: 600 MB that take no disk
    expected = "'in': a file is larger than 512 MB: 'huge.bin'"
    assert refusal(tmp_path / "in", tmp_path / "out") == expected
    (tmp_path / "in/huge.bin").unlink()
    for name in "abc":
        (tmp_path / f"in/{name}").write_bytes(bytes(400 << 10))
    monkeypatch.setattr("common.grading.opening.unpack.TOTAL_MB", 1)
    assert refusal(tmp_path / "in", tmp_path / "out") == "'in': all files together are larger than 1 MB: 'c'"
    monkeypatch.setattr("common.grading.opening.entries.ENTRIES", 2)
    assert refusal(tmp_path / "in", tmp_path / "out") == "'in' holds more than 2 files"
    path = pack(tmp_path / "a.zip", {"a": "", "b": "", "c": ""})
    assert refusal(path, tmp_path / "out") == "'a.zip' lists more than 2 files"


def test_a_list_of_names_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("common.grading.opening.entries.NAMES_MB", 1)
    monkeypatch.setattr("common.grading.opening.entries.MB", 1000)
    path = pack(tmp_path / "a.zip", {f"lab1/{i}.py": "" for i in range(100)})
    assert refusal(path, tmp_path / "out") == "'a.zip' lists more than 100000 files"


def test_what_cannot_be_opened(tmp_path):
    (tmp_path / "a.rar").write_text("Rar!")
    expected = "is not a folder or a .zip: unpack it and give its folder"
    assert refusal(tmp_path / "a.rar", tmp_path / "out").endswith(expected)
    assert refusal(tmp_path / "nothing", tmp_path / "out").endswith("nothing': give a folder or a .zip")
