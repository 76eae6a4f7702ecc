#!/usr/bin/env bash
# Does what holds in training data hold in test data? bash lab5/quality.sh lab1/quality.toml [--junitxml FILE]
set -euo pipefail
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab5
# As in a pipeline: with several threads BLAS may add in another order, and it waits for them busily.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
python "$lab/check_data.py" "$@"
