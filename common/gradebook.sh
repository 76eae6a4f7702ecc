#!/usr/bin/env bash
# Grades a class: bash common/gradebook.sh SUBMISSIONS --out gradebook/ [--labs lab1,lab2] [--jobs N]
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/environment.sh" test
python -P -m common.grading.gradebook "$@"
