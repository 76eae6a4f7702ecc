#!/usr/bin/env bash
# Runs one stage alone in the lab's environment: bash lab2/stage.sh data_creation --source builtin
set -euo pipefail
stage=${1:-}
case $stage in
    data_creation | data_preprocessing | model_preparation | model_testing | model_usage) ;;
    -h | --help)
        echo "usage: stage.sh data_creation|data_preprocessing|model_preparation|model_testing|model_usage [options]"
        exit
        ;;
    *)
        echo "stage.sh: there is no stage '$stage': give data_creation, data_preprocessing, model_preparation," \
            "model_testing or model_usage" >&2
        exit 2
        ;;
esac
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab2
# As in the pipeline: BLAS with several threads may sum in another order, and the last digits would differ.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
python "$lab/$stage.py" "${@:2}"
