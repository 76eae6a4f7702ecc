"""Labs with one thing wrong: it costs its own criterion, and what builds on it."""

from common.tests.submissions.lab2.parts import COMMANDS, SCRIPTS, declarative, lab2

BASH_IN_STEPS = declarative().replace(
    "sh '''python3 model_testing.py'''", "cd lab2\n python3 model_testing.py"
)
ONLY_SHELL = '#!/bin/bash\nset -e\ncd "$(dirname "$0")"\n' + "\n".join(COMMANDS) + "\n"
OR_TRUE = declarative(*(f"{command} || true" for command in COMMANDS))
DOWNLOADS = (
    "import urllib.request\nurllib.request.urlretrieve('https://example.com/weather.csv', 'weather.csv')\n"
)

EXAMPLES = {
    "bash_in_steps": lab2(  # 1 of 3 for the export; it cannot finish nor stop, its scripts can
        BASH_IN_STEPS, 13, "bash directly in steps: no Jenkins reads that"
    ),
    "unknown_section": lab2(  # likewise
        declarative().replace("    stages {", "    stagess {"), 13, "a misspelt section"
    ),
    "stops_before_training": lab2(  # no model 0 of 3, no quality 0 of 2, nothing that could stop 0 of 1
        declarative(*COMMANDS[:2]), 14, "collects and prepares, and that is all"
    ),
    "no_version_control": lab2(declarative(checkout=""), 18, "neither checkout nor git"),
    "goes_on": lab2(OR_TRUE, 19, "|| true behind each command"),
    "no_conveyor": lab2(None, 2, "four scripts, and nothing from Jenkins"),
    "only_a_shell_script": lab2(ONLY_SHELL, 10, "pipeline.sh, as in lab 1", "pipeline.sh"),
    "downloads": lab2(  # what needs the network is not run
        declarative(), 7, "its data come from the web", data_creation=DOWNLOADS + SCRIPTS["data_creation.py"]
    ),
    "training_crashes": lab2(  # scripts, export, version control, data
        declarative(),
        10,
        "training fails, and the build with it",
        model_preparation="import no_such_boosting\n",
    ),
    "no_archive": lab2(  # half of finishing
        declarative(after="    post { always { archiveArtifacts artifacts: 'lab2/*.cbm' } }\n"),
        18,
        "an archived pattern that matches nothing: its scripts are fine",
    ),
    "empty_folder": lab2(None, 0, "nothing").__class__("nothing", 0, {}, None),
}
