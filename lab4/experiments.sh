#!/usr/bin/env bash
# Every dataset with every model, as DVC experiments in workspace/, which bash lab4/pipeline.sh has made; then
# report.md and report.svg. About a minute. Options go to run_experiments.py.
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab4
python -P -m common.pipeline "$lab"/{run_experiments,write_report}.py "$@"
