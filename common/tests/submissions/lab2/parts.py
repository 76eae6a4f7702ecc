"""What the examples of lab 2 are made of: four quick scripts, and a pipeline of stages."""

from common.tests.submissions.example import QUICK_CREATE, QUICK_SCALE, QUICK_TEST, QUICK_TRAIN, Example

SCRIPTS = {
    "data_creation.py": QUICK_CREATE,
    "data_preprocessing.py": QUICK_SCALE,
    "model_preparation.py": QUICK_TRAIN,
    "model_testing.py": QUICK_TEST,
}
TITLES = ("Collect", "Prepare", "Train", "Test")
COMMANDS = tuple(f"python3 {name}" for name in SCRIPTS)
CHECKOUT = "checkout scm"


def lab2(
    conveyor: str | bytes | None, points: int, stands_for: str, name: str = "Jenkinsfile", **files
) -> Example:
    """Return a lab with this conveyor; `files` are scripts to replace, by their names without .py."""
    scripts = SCRIPTS | {f"{script}.py": source for script, source in files.items()}
    content = {f"lab2/{script}": source for script, source in scripts.items() if source is not None}
    if conveyor is not None:
        content[f"lab2/{name}"] = conveyor
    return Example(stands_for, points, content, "lab2")


def declarative(
    *commands: str, checkout: str = CHECKOUT, step: str = "sh", before: str = "", after: str = ""
) -> str:
    """Return a pipeline with one stage a command, which is put in quotes, in the lab's folder."""

    def stage(title: str, inner: str) -> str:
        return f"        stage('{title}') {{\n            steps {{\n{inner}            }}\n        }}\n"

    titles = zip((*TITLES, *TITLES), commands or COMMANDS, strict=False)
    lines = "                dir('lab2') {{\n                    {} '''{}'''\n                }}\n"
    stages = "".join(stage(title, lines.format(step, command)) for title, command in titles)
    first = stage("Checkout", f"                {checkout}\n") if checkout else ""
    return f"pipeline {{\n    agent any\n{before}    stages {{\n{first}{stages}    }}\n{after}}}\n"
