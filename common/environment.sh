# Sourced by every .sh of the workbook: finds or makes the interpreter and installs one extra.
#
#     source "$(dirname "$0")/../common/environment.sh" lab1      # an extra of pyproject.toml
#
# Afterwards `python` is that interpreter and `lab` the lab's folder. $WORKBOOK_PYTHON, when set, is used as
# it is. Otherwise .venv at the repository's root is made, and what pyproject.toml and requirements.txt ask
# for is installed once: a hash of both files is kept in .venv, so the next run starts at once.
# WORKBOOK_NEWEST=1 installs the newest versions that pyproject.toml admits, without requirements.txt's pins.
# shellcheck shell=bash

workbook_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
workbook_extra=${1:?which extra of pyproject.toml: lab1 … lab5, labs, test …}
workbook_venv=$workbook_root/.venv
# shellcheck disable=SC2034  # for the script that sources this file
lab=$workbook_root/$workbook_extra

workbook_fail() {
    echo "environment: $1" >&2
    exit 1
}

# The same files, at the same place, installed for the same interpreter: then nothing needs doing.
workbook_stamp() {
    {
        cat "$workbook_root"/{pyproject.toml,requirements.txt} && echo "newest: ${WORKBOOK_NEWEST:-0}" &&
            realpath "$workbook_venv" "$workbook_venv/bin/python"
    } | sha256sum
}

workbook_is_ready() {
    [[ -x $workbook_venv/bin/python && -f $workbook_venv/installed-$workbook_extra ]] &&
        [[ $(workbook_stamp) == "$(<"$workbook_venv/installed-$workbook_extra")" ]]
}

# A step, with what it does and the seconds it took on stderr. Its output is shown only when it fails.
workbook_step() {
    local title=$1 began_us=${EPOCHREALTIME/[.,]/} log tenths
    shift
    if ! log=$("$@" 2>&1); then
        workbook_explain "$title" "$log"
    fi
    tenths=$(((${EPOCHREALTIME/[.,]/} - began_us) / 100000))
    echo "environment: $title  $((tenths / 10)).$((tenths % 10)) s" >&2
}

workbook_explain() {
    local free_kb
    free_kb=$(df --output=avail --block-size=1K "$workbook_root" | tail -n 1)
    case "$2 ($((free_kb / 1024)) MB free)" in # some tools hide why they failed
    *[Nn]"o space left"* | *"os error 28"* | *"(0 MB free)")
        workbook_fail "no space left on the disk of '$workbook_root' ($1): free 2 GB and run the same command again" ;;
    *"Read-only file system"* | *"ermission denied"*)
        workbook_fail "'$workbook_root' cannot be written to ($1): copy the repository to a folder of yours, or set WORKBOOK_PYTHON" ;;
    *"dns error"* | *"Failed to fetch"* | *onnection* | *"etwork"* | *"name resolution"* | *"from versions: none"* | *"was not found in the cache"*)
        workbook_fail "packages are missing and the network does not give them ($1): connect once and run the same command again" ;;
    *)
        echo "$2" >&2
        workbook_fail "$1 failed, as shown above: mend that, or remove '$workbook_venv', and run the same command again" ;;
    esac
}

# python3 first, then the versions by name: a machine's python3 may be too old beside a good python3.12.
workbook_find_python() {
    local name found=""
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        command -v "$name" >/dev/null || continue
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
            command -v "$name"
            return
        fi
        found=${found:-$("$name" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)}
    done
    workbook_fail "python3 is ${found:-missing}, the workbook needs 3.11 to 3.14: type  sudo apt-get install python3 python3-venv"
}

workbook_make_venv() {
    local python
    python=$(workbook_find_python) || exit 1
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        workbook_fail "'$python' has no venv module: type  sudo apt-get install python3-venv"
    rm -rf "$workbook_venv"
    workbook_step "making .venv with $("$python" --version)" "$python" -m venv "$workbook_venv"
}

workbook_install() {
    local uv=uv what="what $workbook_extra needs" versions=(--constraint "$workbook_root/requirements.txt") stamp other
    [[ -z ${WORKBOOK_NEWEST:-} ]] || { what="the newest of $what" && versions=(--upgrade); }
    # A .venv that is half-made, was moved, or whose Python has changed under it is made again.
    "$workbook_venv/bin/python" -c '
import pip, sys, pathlib
config = pathlib.Path(sys.prefix, "pyvenv.cfg").read_text()
sys.exit(not (f"version = {sys.version.split()[0]}\n" in config and f"-m venv {sys.prefix}\n" in config))
' 2>/dev/null || workbook_make_venv
    if ! command -v uv >/dev/null; then
        uv=$workbook_venv/bin/uv
        [[ -x $uv ]] || workbook_step "installing uv" "$workbook_venv/bin/python" -m pip install --quiet \
            --disable-pip-version-check --retries 1 "${versions[@]}" uv
    fi
    # What was installed by other files, or by other rules, has other versions from now on.
    stamp=$(workbook_stamp)
    for other in "$workbook_venv"/installed-*; do
        [[ ! -f $other || $(<"$other") == "$stamp" ]] || rm "$other"
    done
    # Compiled once here, so that neither the first run nor one in a read-only box compiles on every import.
    workbook_step "installing $what" env UV_HTTP_RETRIES=1 "$uv" pip install --quiet \
        --python "$workbook_venv/bin/python" --compile-bytecode "${versions[@]}" \
        --editable "${workbook_root}[$workbook_extra]"
    echo "$stamp" >"$workbook_venv/installed-$workbook_extra"
}

[[ ${WORKBOOK_NEWEST:-1} == 1 ]] ||
    workbook_fail "WORKBOOK_NEWEST is '$WORKBOOK_NEWEST': set it to 1 for the newest versions, or unset it"
if [[ -n ${WORKBOOK_PYTHON:-} ]]; then
    command -v "$WORKBOOK_PYTHON" >/dev/null ||
        workbook_fail "WORKBOOK_PYTHON is '$WORKBOOK_PYTHON', which cannot be run: set it to a Python's path, or unset it"
    python() { "$WORKBOOK_PYTHON" "$@"; }
else
    if ! workbook_is_ready; then
        command -v flock >/dev/null || workbook_fail "flock is missing: type  sudo apt-get install util-linux"
        (
            { exec 9>"$workbook_root/.venv.lock"; } 2>/dev/null ||
                workbook_explain "making .venv.lock" "$(touch "$workbook_root/.venv.lock" 2>&1)"
            flock --nonblock 9 || { echo "environment: waiting for another run that is installing" >&2 && flock 9; }
            workbook_is_ready || workbook_install
        ) || exit 1
    fi
    export PATH=$workbook_venv/bin:$PATH
fi
# This checkout's `common`, whatever is installed in an interpreter that was given.
export PYTHONPATH=$workbook_root${PYTHONPATH:+:$PYTHONPATH}
