"""A compose file is read as Compose reads it, and refused with the place and the reason."""

import pytest

from common.grading.service.compose import ComposeError, read, services

FILE = """\
version: "3.8"
services:
  api:
    build:
      context: ./api
      dockerfile: Dockerfile.prod
      target: run
      args: [A=1]
    image: anna/flats:${TAG:-latest}
    command: uvicorn main:app --port "$PORT"
    environment:
      - DEBUG=true
      - PRICE=$$5
    env_file: .env
    ports: ["127.0.0.1:80:8000/tcp", {target: 9000}]
    expose: [7000]
    volumes: [./model:/app/model:ro, data:/data]
    working_dir: /srv
  db:
    image: postgres:16
volumes: {data: {}}
"""


def written(folder, content):
    path = folder / "docker-compose.yml"
    path.write_text(content)
    return path


def test_services_are_read(tmp_path):
    (tmp_path / ".env").write_text("PORT=8000\n# no\nexport TAG='v1'\n")
    api, db = services(read(written(tmp_path, FILE)))
    assert (api.name, api.context, api.dockerfile, api.target) == ("api", "./api", "Dockerfile.prod", "run")
    assert (api.image, api.arguments) == ("anna/flats:v1", {"A": "1"})
    assert api.command == ["uvicorn", "main:app", "--port", "8000"]
    assert api.env == {"DEBUG": "true", "PRICE": "$5"}
    assert (api.env_files, api.ports, api.folder) == ((".env",), {"8000", "9000", "7000"}, "/srv")
    assert api.volumes == (("./model", "/app/model"),)
    assert (db.context, db.image) == (None, "postgres:16")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it names no services"),
        ("services: {}\n", "it names no services"),
        ("version: '3'\n", "it names no services"),
        ("services:\n  a:\n\tb: 1\n", "line 3: found character '\\t' that cannot start any token"),
        (
            "services:\n  a:\n    bild: .\n",
            "services.a: Unevaluated properties are not allowed ('bild' was unexpected)",
        ),
        ("services: &a\n  b: *a\n", "written out it has more than 20000 values"),
        ("services: 5\n# " + "x" * 70_000, "it has more than 64 KB"),
    ],
)
def test_what_compose_does_not_take_is_refused(tmp_path, content, message):
    with pytest.raises(ComposeError) as error:
        read(written(tmp_path, content))
    assert str(error.value) == message
