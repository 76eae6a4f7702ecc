#!/usr/bin/env bash
# Versions of a dataset: builds their history, switches through it from an empty cache, pulls and tests the
# model of the last one. One line on stdout, its accuracy. Options go to build_versions.py.
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab4
python -P -m common.pipeline "$lab"/{build_versions,switch_versions,pull_model}.py "$@"
