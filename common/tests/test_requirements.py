"""The environment that a submission pins: what is read of its requirements, and what is built."""

import fcntl
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common.grading.requirements import build_environment, read_requirements
from common.stage import LabError


def lab(root: Path, content: str | bytes, name: str = "lab1/requirements.txt") -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (root / "lab1").mkdir(exist_ok=True)
    return root / "lab1"


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder of wheels instead of the network: hello 1.0, sourced 1.0 (source alone), and a pip."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("hello", "pip"):
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            about = f"{name}-1.0.dist-info"
            wheel.writestr(f"{name}.py", f"print('{name} was here')\n")
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
            wheel.writestr(f"{name}.pth", f"import pathlib; pathlib.Path(r'{tmp_path}/proof').touch()\n")
    with zipfile.ZipFile(folder / "sourced-1.0.zip", "w") as source:
        source.writestr("sourced-1.0/setup.py", f"open(r'{tmp_path}/proof', 'w').close()\n")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return folder


def refusal(folder: Path, root: Path) -> str:
    with pytest.raises(LabError) as error:
        build_environment(folder, root, root / "cache")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_every_encoding(tmp_path, encoding):
    folder = lab(tmp_path, "numpy==1.26.4\r\n\r\n# plots\r\npandas >= 2  # tables\r\n".encode(encoding))
    assert read_requirements(folder, tmp_path).lines == ("numpy==1.26.4", "pandas>=2")


def test_what_is_not_a_package_is_left_out(tmp_path):
    folder = lab(
        tmp_path,
        "-e .\n./evil.whl\ngit+https://example.org/a\na @ https://example.org/a.whl\n--index-url http://example.org\n"
        "numpy @ file:///C:/ci/numpy\npywin32==306\n-r ../../outside.txt\nscipy==1.11 --hash=sha256:00\n",
    )
    found = read_requirements(folder, tmp_path)
    assert found.lines == ("numpy", "scipy==1.11")
    assert found.notes == (
        "left out the requirement '-e .': not a package's name",
        "left out the requirement './evil.whl': not a package's name",
        "left out the requirement 'git+https://example.org/a': not a package's name",
        "left out the requirement 'a @ https://example.org/a.whl': it is an address",
        "left out the requirement '--index-url http://example.org': not a package's name",
        "'numpy @ file:///C:/ci/numpy' is read as any 'numpy'",
        "left out the requirement 'pywin32==306': not for Linux",
        "left out the requirement '-r ../../outside.txt': not a package's name",
    )


def test_a_file_that_names_another(tmp_path):
    lab(tmp_path, "numpy\n", "base.txt")
    assert read_requirements(lab(tmp_path, "-r ../base.txt\nscipy\n"), tmp_path).lines == ("numpy", "scipy")


def test_a_file_that_names_itself_ends(tmp_path):
    assert read_requirements(lab(tmp_path, "-r requirements.txt\nscipy\n"), tmp_path).lines == ("scipy",)


@pytest.mark.parametrize("name", ["lab1/requirements.txt", "requirements.txt", "lab1/requirments.txt"])
def test_where_they_are_found(tmp_path, name):
    assert read_requirements(lab(tmp_path, "numpy\n", name), tmp_path).file == tmp_path / name


def test_no_requirements(tmp_path):
    expected = "there is no requirements.txt in 'lab1': leave --requirements out"
    assert refusal(lab(tmp_path, ""), tmp_path) == expected


def test_built_once_and_nothing_of_it_runs(tmp_path, index):
    folder = lab(tmp_path, "hello==1.0\n")
    with ThreadPoolExecutor() as pool:
        pythons = list(pool.map(lambda _: build_environment(folder, tmp_path, tmp_path / "cache"), range(3)))
    assert not (tmp_path / "proof").exists()
    assert len(set(pythons)) == 1
    (index / "hello-1.0-py3-none-any.whl").unlink()
    assert build_environment(folder, tmp_path, tmp_path / "cache") == pythons[0]
    made = sorted(path.name for path in (tmp_path / "cache").iterdir())
    assert made == [pythons[0].parents[1].name, f"{pythons[0].parents[1].name}.lock"]
    done = subprocess.run([pythons[0], "-c", "import hello, pip"], capture_output=True, text=True, check=True)
    assert done.stdout == "hello was here\npip was here\n"
    assert (tmp_path / "proof").exists()  # so it would have been seen


@pytest.mark.usefixtures("index")
def test_a_second_builder_waits_for_the_first(tmp_path):
    folder, cache = lab(tmp_path, "hello==1.0\n"), tmp_path / "cache"
    python = build_environment(folder, tmp_path, cache)
    with ThreadPoolExecutor() as pool:
        with python.parents[1].with_suffix(".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            second = pool.submit(build_environment, folder, tmp_path, cache)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.2)
        assert second.result(timeout=10) == python


@pytest.mark.usefixtures("index")
def test_other_requirements_are_another_environment(tmp_path):
    first = build_environment(lab(tmp_path, "hello==1.0\n"), tmp_path, tmp_path / "cache")
    assert build_environment(lab(tmp_path, "pip\n"), tmp_path, tmp_path / "cache") != first


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("hello==2.0", "there is no version of hello==2.0 and you require hello==2.0"),
        ("sourced==1.0", "sourced==1.0 has no usable wheels and you require sourced==1.0"),
        ("nothing", "nothing was not found in the cache and you require nothing"),
    ],
)
def test_what_cannot_be_installed(tmp_path, line, reason):
    expected = f"'requirements.txt' cannot be installed: {reason}; mend it, or leave --requirements out"
    assert refusal(lab(tmp_path, line), tmp_path) == expected
    assert not (tmp_path / "proof").exists()
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]
