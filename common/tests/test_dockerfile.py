"""A Dockerfile is read as Docker reads it, and refused where Docker refuses it, with line and reason."""

import pytest

from common.grading.sandbox import Limits
from common.grading.service.compose import Service
from common.grading.service.context import open_context
from common.grading.service.dockerfile import DockerfileError, expand, is_pinned, read
from common.grading.service.image import Builder
from common.grading.service.launch import plan
from common.tests.boxes import make_box


def written(folder, content):
    path = folder / "Dockerfile"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def build(folder, content, target="", **files):
    """Build an image of these files; __ in a name stands for a dot."""
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = written(folder, content)
    scratch = folder.parent / "scratch"
    context = open_context(folder, folder, path)
    return Builder(make_box(), context, read(path), scratch).build(target)


def tree(image):
    return sorted(str(path.relative_to(image.tree)) for path in image.tree.rglob("*") if path.is_file())


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "lab"
    folder.mkdir()
    return folder


def test_continued_lines_comments_and_line_ends_are_read(lab):
    lines = ["# what", "FROM python:3.11 AS Base", "RUN a && \\", "  # why", "", "  b", 'cmd ["a", "b"]', ""]
    content = b"\xef\xbb\xbf" + "\r\n".join(lines).encode()
    (stage,) = read(written(lab, content)).stages
    assert (stage.base, stage.name) == ("python:3.11", "base")
    assert [(one.name, one.value) for one in stage.instructions] == [
        ("RUN", "a &&   b"),
        ("CMD", '["a", "b"]'),
    ]
    assert stage.instructions[1].exec_form == ["a", "b"]


def test_heredoc_belongs_to_its_instruction(lab):
    (stage,) = read(written(lab, "FROM a:1\nRUN <<EOF\npip install x\nFROM nothing\nEOF\nCMD x\n")).stages
    assert [(one.name, one.heredoc) for one in stage.instructions] == [
        ("RUN", "pip install x\nFROM nothing"),
        ("CMD", ""),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "there is no FROM in it"),
        ("RUN true\n", "line 1: RUN before FROM"),
        ("FROM a b\n", "line 1: FROM takes an image and no more"),
        ("FROM a:1\n\nENTRIPOINT x\n", "line 3: there is no instruction 'ENTRIPOINT'"),
        ("FROM a:1\nCMD\n", "line 2: CMD of nothing"),
        ("FROM a:1\nCOPY app.py\n", "line 2: COPY takes what and where to: 'app.py'"),
        ("FROM a:1\n" + "RUN true\n" * 10_000, "it has more than 64 KB"),
    ],
)
def test_what_docker_does_not_take_is_refused(lab, content, message):
    with pytest.raises(DockerfileError, match=f"^{message}$"):
        read(written(lab, content))


@pytest.mark.parametrize(
    ("base", "pinned"),
    [
        ("python:3.11-slim", True),
        ("python", False),
        ("python:latest", False),
        ("python:slim", False),
        ("registry:5000/python", False),
        ("registry:5000/python:3", True),
        ("python@sha256:abc", True),
        ("scratch", True),
    ],
)
def test_a_base_is_pinned_by_a_number_or_a_digest(base, pinned):
    assert is_pinned(base) is pinned


@pytest.mark.parametrize(
    ("words", "meant"),
    [("$A/${A}x", "1/1x"), ("${B:-2}", "2"), ("${A:+3}${B:+4}", "3"), (r"\$A $B.", "$A .")],
)
def test_variables_are_put_in(words, meant):
    assert expand(words, {"A": "1"}) == meant


def test_an_image_has_what_it_copies_where_it_copies_it(lab):
    image = build(
        lab,
        "ARG TAG=3.11\nFROM python:$TAG\nENV HOME_DIR=/srv/app PORT=80\nENV OLD way of it\n"
        "WORKDIR $HOME_DIR\n"
        "COPY *.py model ./\nCOPY main.py /other/start.py\nWORKDIR sub\nCOPY main.py .\n"
        "EXPOSE 8000/tcp 80-90\nCMD run it\n",
        main__py="1",
        test__py="2",
        **{"model/a.bin": "3"},
    )
    assert tree(image) == [
        "other/start.py",
        "srv/app/a.bin",
        "srv/app/main.py",
        "srv/app/sub/main.py",
        "srv/app/test.py",
    ]
    assert (image.base, image.folder, image.exposed) == ("python:3.11", "/srv/app/sub", {"8000", "80-90"})
    assert image.env["OLD"] == "way of it"
    assert image.start == ["/bin/sh", "-c", "run it"]


def test_what_is_ignored_is_not_copied(lab):
    image = build(
        lab,
        "FROM a:1\nCOPY . /app\nCOPY model.pkl /app/\n",
        a__py="1",
        model__pkl="2",
        **{
            "data/x.csv": "3",
            "data/keep.csv": "4",
            "deep/y.log": "5",
            ".dockerignore": "*.pkl\ndata/*\n!data/keep.csv\n**/*.log\n",
        },
    )
    assert tree(image) == ["app/.dockerignore", "app/Dockerfile", "app/a.py", "app/data/keep.csv"]
    assert image.missing == ["model.pkl"]


def test_what_is_not_there_is_missing(lab):
    image = build(lab, "FROM a:1\nCOPY a.py b.py /\nRUN pip install -r req.txt\n", a__py="1")
    assert image.missing == ["b.py", "req.txt"]


@pytest.mark.parametrize(
    "line",
    [
        "pip install -c pins.txt -r req.txt",
        "pip --python /opt/x/bin/python install --constraint pins.txt --requirement req.txt",
        "python -m pip install --no-cache-dir --prefix /opt/x --requirement=req.txt",
        "uv pip install --system -r req.txt",
    ],
)
def test_what_pip_is_asked_for_is_read_whatever_its_options(lab, line):
    (lab / "req.txt").write_text("flask\n# web\nnumpy>=2\n")
    (lab / "pins.txt").write_text("flask==3.0\n")
    image = build(lab, f"FROM a:1\nCOPY . /\nRUN {line}\n")
    assert {name for name in image.installed if name[0] != "#"} == {"flask", "numpy>=2"}


def test_stages_copy_from_each_other(lab):
    content = (
        "FROM a:1 AS one\nCOPY a.py /x/a.py\nFROM one AS two\nENV B=2\nFROM b:1\nCOPY --from=one /x /y\n"
        'COPY --from=nowhere /z /z\nCOPY --from=two x/a.py /last.py\nCMD ["python", "/y/a.py"]\n'
    )
    assert tree(build(lab, content, a__py="1")) == ["last.py", "y/a.py"]


def test_a_stage_is_chosen_by_its_name(lab):
    content = "FROM a:1 AS one\nCMD one\nFROM b:1 AS two\nCMD two\n"
    assert build(lab, content, "One").command == "one"


def test_a_stage_that_is_not_there_is_refused(lab):
    with pytest.raises(DockerfileError, match=r"^there is no stage 'three'$"):
        build(lab, "FROM a:1\nCMD one\n", "three")


def test_run_makes_in_the_box_what_a_script_makes(lab):
    image = build(
        lab,
        "FROM a:1\nWORKDIR /app\nCOPY train.py .\nRUN pip install nothing-of-this-name && python train.py\n"
        "RUN mkdir -p /app/logs /data && cp model.json /data/\nCMD x\n",
        train__py="open('/app/model.json', 'w').write('{}')",
    )
    assert tree(image) == ["app/model.json", "app/train.py", "data/model.json"]
    assert image.installed == ["nothing-of-this-name"]


def test_a_run_that_fails_fails_the_build(lab):
    with pytest.raises(
        DockerfileError, match=r"^line 3: RUN python train.py ended with exit code 1: ValueError: no data$"
    ):
        build(
            lab, "FROM a:1\nCOPY train.py .\nRUN python train.py\n", train__py="raise ValueError('no data')"
        )


def test_nothing_leads_out_of_the_context_or_the_image(lab):
    (lab.parent / "secret").write_text("x")
    (lab / "link").symlink_to(lab.parent / "secret")
    (lab / "folder").symlink_to(lab.parent)
    image = build(
        lab, "FROM a:1\nWORKDIR /../../a\nCOPY ../secret link folder ../../../out/\nCOPY . /../b\n", x__py="1"
    )
    assert tree(image) == ["b/Dockerfile", "b/x.py"]
    assert not (lab.parent / "out").exists()


def test_more_than_the_box_takes_is_refused(lab):
    (lab / "big.bin").touch()
    with (lab / "big.bin").open("r+b") as file:
        file.truncate(3 << 30)  # a hole: it takes no disk
    with pytest.raises(DockerfileError, match=r"^it copies more than 2 GB$"):
        build(lab, "FROM a:1\nCOPY big.bin /\n")


@pytest.mark.parametrize(
    ("command", "started"),
    [
        ('["/usr/local/bin/python3.9", "app.py"]', ("python3", "app.py")),
        ('["tini", "--", "uvicorn", "main:app"]', ("uvicorn", "main:app")),
        ("poetry run uvicorn main:app", ("/bin/sh", "-c", "uvicorn main:app")),
        ('["conda", "run", "--no-capture-output", "-n", "env", "python", "app.py"]', ("python", "app.py")),
    ],
)
def test_a_command_uses_the_tools_of_the_box(lab, command, started):
    image = build(lab, f"FROM a:1\nCMD {command}\n")
    started = tuple(word.removeprefix("/bin/") if word == "/bin/sh" else word for word in started)
    launch = plan("app", image, Service("app"), {})
    assert (
        tuple(word.removeprefix("/bin/") if word == "/bin/sh" else word for word in launch.command) == started
    )


def test_ports_are_those_of_the_command_else_those_that_are_exposed(lab):
    said = plan("app", build(lab, "FROM a:1\nEXPOSE 80\nCMD uvicorn a:b --port=8001\n"), Service("app"), {})
    assert said.ports == {8001}


def test_limits_of_the_box_hold_for_a_run(lab):
    content = "FROM a:1\nRUN python -c 'while True: pass'\n"
    path = written(lab, content)
    box = make_box()
    box.limits = Limits(wall_s=1)
    with pytest.raises(DockerfileError, match=r"was stopped after 1 s: it reached the limit of time$"):
        Builder(box, open_context(lab, lab, path), read(path), lab.parent / "scratch").build()
