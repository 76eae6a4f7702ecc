#!/usr/bin/env bash
# Who survives? Makes the passenger list, prepares it, trains, tests: one line on stdout, the accuracy.
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab3
python -P -m common.pipeline "$lab"/{data_creation,data_preprocessing,model_preparation,model_testing}.py "$@"
