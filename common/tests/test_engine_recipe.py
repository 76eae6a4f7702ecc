"""A Dockerfile is written anew for the engine's classic builder: the same image, and no more rights."""

import pytest

from common.grading.conveyor import CannotTellError
from common.grading.engine.recipe import Recipe, copy_context
from common.grading.service.context import open_context
from common.grading.service.dockerfile import DockerfileError, find_target, read

LABEL = "mlops-workbook.ab12"
OURS = f'LABEL {LABEL}="1"'
IMPATIENT = "ARG PIP_RETRIES=0"  # where pip has no network


@pytest.fixture
def context(tmp_path):
    """Return a private copy of a context with a model and a page."""
    folder = tmp_path / "context"
    (folder / "page").mkdir(parents=True)
    (folder / "model.json").write_text("{}")
    (folder / "page" / "index.html").write_text("<h1>")
    return folder


def recipe(context, content, network=False):
    path = context.with_name("Dockerfile")
    path.write_text(content)
    return Recipe(read(path), context, LABEL, network)


def written(context, content, target="", network=False, mounts=()):
    """Return the lines that are not the same each time."""
    one = recipe(context, content, network)
    lines = one.write(find_target(one.dockerfile, target), mounts).splitlines()
    return [line for line in lines if line not in (OURS, IMPATIENT, "# escape=\\")]


def test_instructions_of_old_stay_as_they_are(context):
    content = (
        "FROM python:3.11-slim AS stage-0\nENV A=1 \\\n  B=$A\nWORKDIR /srv\nRUN echo $A && true\n"
        'USER app\nHEALTHCHECK --interval=5s CMD true\nEXPOSE 80\nENTRYPOINT ["python"]\nCMD x.py $A\n'
    )
    expected = content.replace("1 \\\n  B", "1   B").splitlines()
    assert written(context, content) == expected


def test_every_stage_has_the_label_first(context):
    lines = recipe(context, "FROM a:1 AS x\nRUN pip\nFROM x\nRUN y\n").write(1, ()).splitlines()
    assert lines[1:] == [
        "FROM a:1 AS stage-0", OURS, IMPATIENT, "RUN pip", "FROM stage-0 AS stage-1", OURS, "RUN y",
    ]  # fmt: skip


def test_only_needed_stages_are_built(context):
    content = (
        "ARG V=3.11\nFROM python:${V} AS deps\nRUN a\nFROM node:1 AS tests\nRUN b\n"
        "FROM python:$V AS api\nCOPY --from=deps --chown=app /x /x\nFROM api AS page\nCOPY --from=0 /y /y\n"
    )
    assert written(context, content, "api") == [
        'ARG V="3.11"', "FROM python:${V} AS stage-0", "RUN a",
        "FROM python:$V AS stage-2", 'COPY --chown=app --from=stage-0 ["/x", "/x"]',
    ]  # fmt: skip
    one = recipe(context, content)
    assert one.needed(3) == {0, 2, 3}
    assert one.bases(3) == ["python:3.11"]


def test_images_that_are_copied_from_must_be_there(context):
    one = recipe(context, "FROM scratch\nCOPY --from=uv:0.9 /uv /uv\nRUN --mount=from=b:1,target=/x true\n")
    assert one.bases(0) == ["uv:0.9", "b:1"]


def test_what_is_new_is_said_in_older_words(context):
    content = (
        '# syntax=docker/dockerfile:1\nFROM a:1\nRUN <<EOF\npip install x\necho "done"\nEOF\n'
        "RUN cat <<END > /x\nhello\nEND\nRUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t b\n"
        "RUN --mount=type=bind,source=model.json,target=/m c\nCOPY --link --chmod=750 page /srv/\n"
        "COPY <<EOF /srv/a.ini\nport = 80\nEOF\n"
    )
    assert written(context, content) == [
        "FROM a:1 AS stage-0",
        'RUN ["/bin/sh", "-c", "pip install x\\necho \\"done\\""]',
        'RUN ["/bin/sh", "-c", "cat <<END > /x\\nhello\\nEND"]',
        "RUN b",
        'COPY ["model.json", "/m"]',
        "RUN c",
        'COPY ["page", "/srv/"]',
        'COPY [".workbook/1", "/srv/a.ini"]',
    ]
    assert (context / ".workbook" / "1").read_text() == "port = 80\n"
    assert (context / "page" / "index.html").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize(
    "option", ["--security=insecure", "--network=host", "--mount=type=ssh", "--mount=type=secret,id=a"]
)
def test_options_that_widen_rights_are_refused(context, option):
    with pytest.raises(DockerfileError) as refused:
        written(context, f"FROM a:1\nRUN {option} id\n")
    said = option.partition(",")[0]
    assert str(refused.value) == (
        f"line 2: RUN {said} asks for rights that a build has not here: do without it"
    )


@pytest.mark.parametrize(
    "line",
    ["ADD http://127.0.0.1/x /", 'ADD ["\\u0068ttps://a/x", "/"]', "ADD git@a:b.git /", "ADD HTTPS://A /"],
)
def test_the_engine_fetches_nothing_without_the_network(context, line):
    with pytest.raises(
        CannotTellError, match="line 2: ADD asks for the network: grade it with --allow-network"
    ):
        written(context, f"FROM a:1\n{line}\n")


def test_an_address_in_a_variable_is_not_fetched(context):
    content = "FROM a:1\nARG U=http://127.0.0.1/x\nADD $U /x\n"
    assert written(context, content)[-1] == 'COPY ["$U", "/x"]'
    assert written(context, content, network=True)[-1] == 'ADD ["$U", "/x"]'


def test_mounts_of_compose_are_copied_at_the_end(context, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1")
    mounts = ((tmp_path / "data", "/app/data"), (tmp_path / "data" / "a.csv", "/app/$b.csv"))
    lines = written(context, "FROM a:1\nUSER app\n", mounts=mounts)
    assert lines[-2:] == [
        'COPY [".workbook/1/data/", "/app/data/"]',
        'COPY [".workbook/2/a.csv", "/app/\\\\$b.csv"]',
    ]
    assert (context / ".workbook" / "1" / "data" / "a.csv").stat().st_mode & 0o666 == 0o666


def test_a_step_is_found_by_the_builders_number(context):
    one = recipe(context, "ARG A=1\nFROM a:1\nRUN x\n\nRUN y\n")
    one.write(0, ())
    assert [one.step(number) and one.step(number).line for number in (1, 2, 4, 5, 6)] == [None, 0, 3, 5, None]


def test_a_context_is_copied_as_its_dockerignore_leaves_it(context, tmp_path):
    (context / ".dockerignore").write_text("*.json\n")
    (context / ".workbook").mkdir()
    (context / "passwords").symlink_to("/etc/passwd")
    path = context / "Dockerfile"
    path.write_text("FROM a:1\n")
    copy_context(open_context(context, context, path), tmp_path / "copy")
    files = sorted(str(one.relative_to(tmp_path / "copy")) for one in (tmp_path / "copy").rglob("*"))
    assert files == ["Dockerfile", "page", "page/index.html"]
