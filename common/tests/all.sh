#!/usr/bin/env bash
# Runs the tests of all folders, some at a time:  bash common/tests/all.sh [options of pytest, as -m ""]
# A part's output comes when it has ended, and not among another's; the last lines name those that failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Each part is a process of its own. The longest come first, so that all end together; a lab's tests stay together,
# since they share what its pipeline made.
parts=(
    "lab3 common/tests/test_engine_grading.py" # both need an engine
    "lab4"
    "lab2"
    "common/tests/test_[j-z]*.py"
    "common/tests/test_[a-d]*.py"
    "lab5"
    "common/tests/test_[e-i]*.py --deselect common/tests/test_engine_grading.py"
    "lab1"
)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export logs

# shellcheck disable=SC2329  # xargs calls it
run_part() {
    local part=$1 began=$SECONDS log
    shift
    log=$(mktemp -p "$logs")
    # shellcheck disable=SC2086  # a part is several words, and a pattern
    bash common/test.sh $part "$@" >"$log" 2>&1 || echo "$part" >>"$logs/failed"
    echo "$part: $((SECONDS - began)) s" >>"$log"
    flock "$logs" cat "$log"
}
export -f run_part

bash common/environment.sh test # all need it, and only one can make it
began=$SECONDS
at_a_time=$(($(nproc) + 1)) # one a core leaves a core idle now and then: some tests wait
echo "all tests in ${#parts[@]} parts, $at_a_time at a time: each is shown when it has ended" >&2
printf '%s\n' "${parts[@]}" | xargs -P "$at_a_time" -I PART bash -c 'run_part "$@"' run_part PART "$@"
echo "all tests: $((SECONDS - began)) s"
if [[ -e $logs/failed ]]; then
    sed 's/^/failed: /' "$logs/failed"
    exit 1
fi
