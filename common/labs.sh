#!/usr/bin/env bash
# Runs all labs and prints one table: bash common/labs.sh [lab1 lab3 …] [--json] [--out DIR] [--collect]
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/environment.sh" labs
python -P -m common.labs "$@"
