"""What a service's files and answers say is read rightly: tags, imports, routes, examples, dependence."""

import json

import pytest

from common.grading.service import installed
from common.grading.service.answers import Asked, depends, is_message, parts
from common.grading.service.candidates import Candidate, documented, of_routes
from common.grading.service.compose import Service
from common.grading.service.exchange import Answer, Request
from common.grading.service.finding import find
from common.grading.service.image import Image
from common.grading.service.launch import Launch
from common.grading.service.openapi import candidates
from common.grading.service.sources import read_sources, routes
from common.grading.service.tags import evidence_of_version
from common.grading.service.values import Knowledge, know


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("lab3/build.sh", "docker build -t flats:$(git rev-parse --short HEAD) .\n", True),
        ("lab3/build.sh", 'TAG="$(git rev-parse HEAD)"\ndocker build --tag "anna/flats:${TAG}" .\n', True),
        ("lab3/Jenkinsfile", 'sh "docker build -t flats:${env.GIT_COMMIT} ."\n', True),
        ("lab3/Jenkinsfile", 'docker.build("flats:${env.BRANCH_NAME}")\n', True),
        (".github/workflows/ci.yml", "- run: docker build -t flats:${{ github.sha }} lab3\n", True),
        (
            ".github/workflows/ci.yml",
            "uses: docker/build-push-action@v5\nwith:\n  context: lab3\n  push: true\n",
            True,
        ),
        ("lab3/docker-compose.yml", "services:\n  app:\n    image: flats:${GIT_SHA}\n", True),
        ("lab3/Makefile", "push:\n\tdocker push anna/flats:1\n", True),
        ("lab3/README.md", "https://hub.docker.com/r/anna/flats\n", True),
        ("lab3/build.sh", "docker build -t flats:latest .\n", False),
        ("lab3/build.sh", "# docker push anna/flats\ndocker build -t flats:1.0 .\n", False),
        (
            "lab3/docker-compose.yml",
            "services:\n  app:\n    image: flats:latest\n    ports: ['80:80']\n",
            False,
        ),
        (".github/workflows/ci.yml", "- run: docker build -t flats:${{ github.sha }} lab5\n", False),
    ],
)
def test_a_tag_of_the_version_or_a_push_is_found(tmp_path, name, content, found):
    root = write(tmp_path, {"lab3/app.py": "x = 1\n", name: content})
    assert evidence_of_version(root, root / "lab3") == (name if found else "")


def launch(folder, requirements, source, base="python:3.11", other=False):
    write(folder, {"app/main.py": source, "app/own.py": "import pandas\n"})
    image = Image(folder, base, folder="/app", installed=requirements, installs_otherwise=other)
    return Launch("app", image, Service("app"), ("uvicorn", "main:app"), {})


@pytest.mark.parametrize(
    ("requirements", "source", "lacking"),
    [
        (["fastapi==0.1", "numpy"], "import fastapi, numpy, json\n", []),
        (["fastapi"], "import numpy\nimport fastapi\n", ["numpy"]),
        (["fastapi"], "from pydantic import BaseModel\n", []),  # comes with it
        (["scikit-learn"], "import sklearn, numpy, joblib\n", []),
        (["fastapi"], "import own\n", ["pandas"]),
        (["fastapi"], "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n", []),
        (["fastapi", "no-such-package-at-all"], "import numpy\n", []),  # who knows what it brings
        ([], "import numpy\n", ["numpy"]),
    ],
)
def test_what_nothing_installs_is_found(tmp_path, requirements, source, lacking):
    assert installed.missing(launch(tmp_path, requirements, source)) == lacking


def test_nobody_can_tell_what_another_base_or_manager_brings(tmp_path):
    assert installed.missing(launch(tmp_path, [], "import numpy\n", base="jupyter/scipy-notebook:1")) == []
    assert installed.missing(launch(tmp_path, [], "import numpy\n", other=True)) == []


def test_routes_and_what_they_read_are_found(tmp_path):
    source = (
        "@app.route('/')\ndef index(): return 'x'\n"
        "@app.route('/predict', methods=['POST'])\ndef predict():\n    data = request.get_json()\n"
        "    return model(float(data['age']), data.get('sex'), request.headers['X'], os.environ['Y'])\n"
        "@app.route('/form', methods=['POST'])\ndef form(): return request.form['area']\n"
        "@app.get('/one')\ndef one(): return request.args.get('q')\n"
        "@app.get('/two')\ndef two(request: Request, area: float, town: str = 'Perm'): ...\n"
    )
    found = routes(read_sources(write(tmp_path, {"app.py": source})))
    assert [(one.method, one.path, one.how, one.fields) for one in found] == [
        ("POST", "/predict", "json", {"age": "number", "sex": ""}),
        ("POST", "/form", "form", {"area": ""}),
        ("GET", "/one", "query", {"q": ""}),
        ("GET", "/two", "query", {"area": "number", "town": "text"}),
        ("GET", "/", "query", {}),
    ]
    first = next(of_routes(found, Knowledge()))
    assert first.request == Request("POST", "/predict", {"age": 1.0, "sex": "male"}, "json")


def test_examples_of_a_readme_and_of_scripts_are_found(tmp_path):
    readme = "```\ncurl -X POST http://localhost:8000/predict \\\n  -d '{\"age\": 30}'\n```\n"
    script = "requests.post('http://localhost:8000/score', json={'a': 1})\n"
    folder = write(tmp_path, {"README.md": readme, "client.py": script})
    found = documented(folder, read_sources(folder), ["/predict"])
    assert [(one.request.path, one.request.body) for one in found] == [
        ("/predict", {"age": 30}),
        ("/score", {"a": 1}),
    ]


def test_values_come_from_the_labs_own_tables(tmp_path):
    known = know(write(tmp_path, {"data/train.csv": "Age;Town\n30;Perm\n40;Omsk\n"}))
    assert known.guess("age", "integer")[0] == 30
    assert known.guess("town", "text") == ("Perm", ["Omsk"])


def test_a_request_is_made_from_a_schema():
    schema = {
        "type": "object",
        "properties": {
            "rooms": {"type": "integer", "minimum": 2, "maximum": 4},
            "kind": {"enum": ["flat", "house"]},
            "rows": {"type": "array", "minItems": 2, "items": {"$ref": "#/components/schemas/Row"}},
        },
    }
    document = {
        "components": {"schemas": {"Row": {"type": "array", "minItems": 2, "items": {"type": "number"}}}},
        "paths": {
            "/health": {"get": {}},
            "/items/{n}": {
                "get": {"parameters": [{"in": "path", "name": "n", "schema": {"type": "integer"}}]}
            },
            "/predict": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}},
        },
    }
    first, second = candidates(document, Knowledge())
    assert first.request.body == {"rooms": 3, "kind": "flat", "rows": [[1.0, 1.0], [1.0, 1.0]]}
    assert second.request.path == "/items/1"
    others = first.others(("body", "rooms"))
    assert set(others) <= {2, 4}


def asked(request, answer):
    return Asked(
        Candidate(Request("POST", "/", request, "json")),
        parts(Answer(200, "application/json", json.dumps(answer).encode())),
    )


@pytest.mark.parametrize(
    ("one", "other", "dependent"),
    [
        ({"price": 210.5}, {"price": 310.5}, True),
        ({"class": 1}, {"class": 0}, True),
        ({"price": 1}, {"price": 1}, False),
        ({"area": 50.0, "price": 7}, {"area": 60.0, "price": 7}, False),
        ({"said": '{"area": 50.0}'}, {"said": '{"area": 60.0}'}, False),
    ],
)
def test_an_echo_or_a_constant_does_not_depend(one, other, dependent):
    same = [asked({"area": 50.0}, one)] * 3
    assert depends(same, [asked({"area": 60.0}, other)]) is dependent


def test_what_changes_by_itself_does_not_depend():
    same = [asked({"area": 50.0}, {"p": number}) for number in (1, 2, 3)]
    assert not depends(same, [asked({"area": 60.0}, {"p": 4})])


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, '{"error": "age is wrong"}', True),
        (500, '{"detail": "could not convert"}', True),
        (200, "<p>Введите число</p>", True),
        (500, "<h1>Internal Server Error</h1>", False),
        (200, '{"prediction": 1}', False),
    ],
)
def test_a_message_is_told_from_a_crash(status, body, message):
    kind = "application/json" if body.startswith("{") else "text/html"
    assert is_message(Answer(status, kind, body.encode())) is message


def test_dockerfiles_are_found_whatever_they_are_called(tmp_path):
    names = (
        "Dockerfile.txt",
        "api/dockerfile",
        "web.Dockerfile",
        "dockerfile",
        "Dockerfile.md",
        ".dockerignore",
    )
    root = write(
        tmp_path, {f"lab3/{name}": "FROM a:1\nCMD x\n" for name in names} | {"lab3/dockerfile": "# FROM\n"}
    )
    found = find(root, root / "lab3").dockerfiles
    assert [path.relative_to(root / "lab3").as_posix() for path in found] == [
        "Dockerfile.txt",
        "web.Dockerfile",
        "api/dockerfile",
    ]
