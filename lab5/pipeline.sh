#!/usr/bin/env bash
# Do the tests find the bad data? Executes the notebook: one line on stdout, the model's R2 on clean data.
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab5
python -P -m common.pipeline "$lab"/run_notebook.py "$@"
