#!/usr/bin/env bash
# Is the tumour malignant? Collects the measurements, prepares them, trains, tests: one line, the accuracy.
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab2
python -P -m common.pipeline "$lab"/{data_creation,data_preprocessing,model_preparation,model_testing}.py "$@"
