"""Lab 3 with the mistakes that students make: each costs its own criterion."""

from common.tests.submissions.lab3_parts import (
    DOCKERFILE,
    FASTAPI,
    FLASK,
    MODEL_CODE,
    STREAMLIT,
    UVICORN,
    Example,
    dockerfile,
    fastapi,
    flask,
    lab3,
    streamlit,
)

GRADIO = """\
import gradio as gr
from model import Model

gr.Interface(lambda a, r: Model().predict([a, r, 3]), ["number"] * 2, "number").launch(server_name="0.0.0.0")
"""

CARELESS = FLASK.replace("    try:\n    ", "").replace(
    FLASK[FLASK.index("    except") : FLASK.index('    return jsonify({"price"')], ""
)

EXAMPLES = {
    "gradio": Example(  # code 3, Dockerfile 3; what needs Gradio is not run
        "Gradio, which this machine has not",
        6,
        lab3(
            {
                "app.py": GRADIO,
                "model.py": MODEL_CODE,
                "model.json": "{}",
                "requirements.txt": "gradio==4.1\n",
                "Dockerfile": dockerfile(7860, '["python", "app.py"]'),
            }
        ),
    ),
    "missing_package": Example(  # starts 2 of 5
        "requirements.txt does not name what the program imports",
        17,
        fastapi(requirements="fastapi\nuvicorn\n", main="import numpy as np\n" + FASTAPI),
    ),
    "unknown_package": Example(  # code 3, Dockerfile 3, compose 1, tag 1
        "imports what nothing installs", 8, fastapi(main="import no_such_library\n" + FASTAPI)
    ),
    "loopback": Example(  # starts 3 of 5
        "listens on 127.0.0.1, which nobody outside of the container reaches",
        16,
        flask(FLASK.replace('host="0.0.0.0", ', "")),
    ),
    "careless": Example("bad input is an internal error", 17, flask(CARELESS)),
    "no_version": Example(
        "FROM python, nothing exposed",
        16,
        flask()
        | lab3(
            {
                "Dockerfile": DOCKERFILE.format(port=0, command='["python", "app.py"]')
                .replace("EXPOSE 0\n", "")
                .replace(":3.11-slim", "")
            }
        ),
    ),
    "lost_model": Example(  # code 3, Dockerfile 2, compose 1, tag 1
        "copies a model that is not there, and nothing makes it",
        7,
        fastapi(
            Dockerfile=dockerfile(8000, UVICORN).replace("COPY . .", "COPY main.py model.py model.pkl ./"),
            **{"train.py": None, "model.json": None},
        ),
    ),
    "crashes": Example(  # code 3, Dockerfile 3, compose 1, tag 1
        "the model's file has another name",
        8,
        fastapi(main=FASTAPI.replace("Model()", 'Model("best.json")'), **{"train.py": None}),
    ),
    "wrong_command": Example(  # code 3, Dockerfile 3, compose 1, tag 1
        "CMD starts a file that is not there",
        8,
        fastapi(Dockerfile=dockerfile(8000, '["python", "server.py"]')),
    ),
    "never_listens": Example(  # code 3, Dockerfile 3, compose 1, tag 1
        "computes for ever", 8, fastapi(main="while True:\n    pass\n" + FASTAPI)
    ),
    "page_with_exception": Example(  # answers 2 of 5, bad input not run
        "the page shows an exception", 15, streamlit(STREAMLIT + "st.write(undefined_name)\n")
    ),
    "button_with_exception": Example(  # answers 3 of 5, bad input not run
        "the page loads, and its button ends in an exception",
        16,
        streamlit(STREAMLIT.replace("[area, rooms, 3]", "area")),
    ),
    "text_field": Example(  # bad input 0 of 2
        "float() of whatever is typed",
        18,
        streamlit(
            STREAMLIT.replace('st.number_input("Rooms", 1, 10, 2)', 'float(st.text_input("Rooms", "2"))')
        ),
    ),
    "constant": Example(  # code 1 of 3, answers 2 of 5
        "the price is always the same",
        15,
        fastapi(main=FASTAPI.replace("model.predict([flat.area, flat.rooms, flat.floor])", "210.5")),
    ),
    "broken_compose": Example(
        "compose: a port that is no list, an unknown key",
        19,
        fastapi(compose="services:\n  app:\n    bild: .\n    ports: 8000\n"),
    ),
    "no_dockerfile": Example(  # code 3
        "the code alone", 3, fastapi(Dockerfile=None, compose=None, build=None)
    ),
    "misspelt": Example(  # code 3, compose 1, tag 1
        "an instruction that Docker does not know",
        5,
        fastapi(Dockerfile=dockerfile(8000, UVICORN).replace("WORKDIR", "WORKDIRECTORY")),
    ),
    "no_model": Example(  # code 1 of 3, answers 2 of 5; nothing can be sent to it
        "a service that says hello",
        11,
        flask(
            'from flask import Flask\napp = Flask(__name__)\n@app.route("/")\n'
            'def hello():\n    return "hello"\napp.run(host="0.0.0.0", port=5000)\n'
        )
        | lab3({"model.py": "X = 1\n"}),
    ),
    "network_at_start": Example(  # code 3, Dockerfile 3; the rest is not run
        "downloads its model when it starts",
        6,
        flask("import urllib.request\nurllib.request.urlopen('http://example.com/model')\n" + FLASK),
    ),
    "network_in_build": Example(  # code 3, Dockerfile 3, compose file 1, tags 1; the rest is not run
        "downloads its model when the image is built",
        8,
        fastapi(
            **{"fetch.py": "import urllib.request\nurllib.request.urlopen('http://example.com/model')\n"},
            Dockerfile=dockerfile(8000, UVICORN).replace("EXPOSE", "RUN python fetch.py\nEXPOSE"),
        ),
    ),
    "network_on_page": Example(  # answers and bad input are not run
        "the page downloads its model",
        13,
        streamlit("import urllib.request\n" + STREAMLIT + "urllib.request.urlopen('http://example.com/m')\n"),
    ),
    "nothing": Example("the course's template, untouched", 0, {"lab3/dockerfile": ""}, None),
}
