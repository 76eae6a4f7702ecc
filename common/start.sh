#!/usr/bin/env bash
# Makes the empty workbook that a student works in: bash common/start.sh DIRECTORY [--lang ru]
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/environment.sh" starter
python -P -m common.starter.start "$@"
