"""The same honest lab with other names, folders and files around it."""

from common.tests.submissions.example import (
    PIPELINE,
    QUICK_CREATE,
    QUICK_SCALE,
    QUICK_TEST,
    QUICK_TRAIN,
    Example,
    lab1,
    quick,
)

OTHER_NAMES = {
    "data_creation": "get_data",
    "data_preprocessing": "prepare",
    "model_preparation": "train",
    "model_testing": "score",
}


def _renamed(text: str) -> str:
    for old, new in OTHER_NAMES.items():
        text = text.replace(f"{old}.py", f"{new}.py")
    return text


EXAMPLES = {
    "textbook": Example("what the assignment describes, word for word", 20, lab1()),
    "older_edition": Example(
        "model_preprocessing.py, as an older edition of the course calls it; python instead of python3",
        20,
        {
            "lab1/data_creation.py": QUICK_CREATE,
            "lab1/model_preprocessing.py": QUICK_SCALE,
            "lab1/model_preparation.py": QUICK_TRAIN,
            "lab1/model_testing.py": QUICK_TEST,
            "lab1/pipeline.sh": "#!/bin/bash\npython data_creation.py && python model_preprocessing.py && "
            "python model_preparation.py && python model_testing.py\n",
        },
    ),
    "scripts_in_src": Example(
        "stages in src/, the pipeline beside it goes there",
        20,
        {
            name.replace("lab1/", "lab1/src/") if name.endswith(".py") else name: content
            for name, content in quick(pipeline=PIPELINE.replace('")"', '")/src"')).items()
        },
    ),
    "misspelt_pipeline": Example(  # 1 of 2 for the names
        "pipline.sh",
        19,
        {name.replace("pipeline", "pipline"): content for name, content in quick().items()},
    ),
    "group_folder": Example(
        "a group's folder in lab1, beside the course's empty stub",
        20,
        quick("lab1/Lab 1 Group4") | {"lab1/pipeline.sh": ""},
        "lab1/Lab 1 Group4",
    ),
    "in_the_root": Example("a repository of lab1 alone", 20, quick(".") | {"README.md": "# MLOps\n"}, "."),
    "homework_folder": Example("hw1, with others beside it", 20, quick("hw1") | quick("hw2"), "hw1"),
    "other_names": Example(  # 1 of 2 for the names
        "get_data.py, prepare.py, train.py, score.py, run by pipeline.sh",
        19,
        {_renamed(name): _renamed(str(content)) for name, content in quick().items()},
    ),
    "utf16_requirements": Example(
        "`pip freeze > requirements.txt` in PowerShell; the pipeline installs it",
        20,
        quick(
            pipeline=PIPELINE.replace("python3 data_c", "pip install -q -r requirements.txt\npython3 data_c")
        )
        | {"lab1/requirements.txt": "numpy\r\nscikit-learn\r\n".encode("utf-16")},
    ),
    "documented_option": Example(
        "the README tells of an environment variable; without it the default holds",
        20,
        quick(
            data_creation=QUICK_CREATE.replace(
                "make_weather(120)", "make_weather(int(os.getenv('DAYS', 120)))"
            )
        )
        | {"lab1/README.md": "Run `DAYS=300 bash pipeline.sh` for more data.\n"},
    ),
    "template_stubs": Example(
        "the course's template, untouched",
        0,
        {
            "lab1/pipeline.sh": "",
            "lab2/jenkins_pipeline": "pipeline {\n    agent any\n    stages {\n        stage('Hello') {\n"
            "            steps {\n                echo 'Hello World'\n            }\n        }\n    }\n}\n",
            "lab3/dockerfile": "",
            "lab4/readme": "",
            "lab4/1.png": b"\x89PNG\r\n\x1a\n",
            "lab4/2.png": b"\x89PNG\r\n\x1a\n",
        },
        None,
    ),
    "empty_folder": Example("nothing", 0, {}, None),
}
