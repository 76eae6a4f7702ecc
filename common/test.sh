#!/usr/bin/env bash
# Runs the tests: bash common/test.sh [arguments of pytest], as in  bash common/test.sh lab1 -k metric
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/environment.sh" test
export WORKBOOK_CWD=$PWD # paths in options are the caller's, paths of tests are the repository's
cd "$(dirname "$0")/.."
python -P -m pytest "$@"
