"""Honest labs whose pipeline.sh is written in other ways, and some that do not finish."""

from common.tests.submissions.example import (
    OLD_MODEL,
    PIPELINE,
    QUICK_CREATE,
    QUICK_TRAIN,
    Example,
    quick,
)

RUNS = PIPELINE.split("\n", 3)[3]  # the four python3 lines

EXAMPLES = {
    "crlf": Example(  # 2 of 4 for finishing: only after the line ends are mended
        "pipeline.sh with Windows line ends", 18, quick(pipeline=PIPELINE.replace("\n", "\r\n"))
    ),
    "no_shebang": Example("no first line, no run bit", 20, quick(pipeline="set -e\n" + RUNS)),
    "goes_on": Example(  # 0 of 1 for stopping
        "no set -e: a failed stage does not end it", 19, quick(pipeline="#!/bin/bash\n" + RUNS)
    ),
    "own_venv": Example(
        "makes a virtual environment and installs into it",
        20,
        quick(
            pipeline="#!/bin/bash\nset -e\npython3 -m venv venv\nsource venv/bin/activate\n"
            "pip install -r requirements.txt\n" + RUNS
        )
        | {"lab1/requirements.txt": "numpy\n"},
    ),
    "sudo_apt": Example(
        "installs pip by apt-get, then libraries by pip3",
        20,
        quick(
            pipeline="#!/usr/bin/env bash\nset -e\nsudo apt-get update -qq\n"
            "sudo apt-get install -y python3-pip\n"
            "pip3 install numpy scikit-learn\n" + RUNS
        ),
    ),
    "loop": Example(
        "a loop over the names of the stages",
        20,
        quick(
            pipeline="#!/bin/bash\nfor stage in data_creation data_preprocessing "
            "model_preparation model_testing\n"
            'do\n    python3 "$stage.py" || exit 1\ndone\n'
        ),
    ),
    "own_folder_only": Example(
        "runs only from its own folder, as most do: an advice, no points",
        20,
        quick(pipeline="#!/bin/bash\nset -euo pipefail\n" + RUNS),
    ),
    "from_the_root": Example(
        "runs only from the repository's root",
        20,
        quick(
            pipeline="#!/bin/bash\nset -e\n" + RUNS.replace("python3 ", "python3 lab1/"),
        ),
    ),
    "changes_directory": Example(
        "goes to a folder for the data and names the scripts from there",
        20,
        quick(
            pipeline='#!/bin/bash\nset -e\ncd "$(dirname "$0")"\nmkdir -p data\ncd data\n'
            + RUNS.replace("python3 ", "python3 ../")
        ),
    ),
    "first_stage_crashes": Example(  # 2 of 4 for finishing, 0 of 1 for stopping
        "a stage fails after its work is done, for want of a library, and the end is 0 all the same",
        17,
        quick(
            pipeline="#!/bin/bash\n" + RUNS, data_creation=QUICK_CREATE + "\nimport no_such_plot_library\n"
        ),
    ),
    "stale_model": Example(  # names 2, data 3, preprocessing 3; it ends without its committed model
        "training crashes, and the committed model would still have given a metric",
        8,
        quick(
            pipeline="#!/bin/bash\n" + RUNS,
            model_preparation="import no_such_boosting\n" + QUICK_TRAIN,
        )
        | {"lab1/model.pkl": OLD_MODEL},
    ),
    "waits_for_input": Example(  # names 2
        "asks how many days, and nobody is there to answer",
        2,
        quick(data_creation='days = int(input("How many days? "))\n' + QUICK_CREATE),
    ),
    "stage_exits_3": Example(  # names 2, data 3, preprocessing 3; one that always stops shows nothing by it
        "the model is not good enough for its author, and training says so",
        8,
        quick(model_preparation="import sys\nsys.exit(3)\n"),
    ),
}
