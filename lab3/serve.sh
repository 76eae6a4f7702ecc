#!/usr/bin/env bash
# Would you have survived? Starts the service, and the page beside it; Ctrl-C stops both.
#
#   bash lab3/serve.sh              http://127.0.0.1:8000 and http://127.0.0.1:8501
#   LAB3_PORT=9000 LAB3_PAGE_PORT=9001 bash lab3/serve.sh
#
# Ends with 130 after Ctrl-C, with 0 after SIGTERM, and with the exit code of the one that ended by itself.
set -euo pipefail
case "${1:-}" in
"") ;;
-h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
*)
    echo "serve.sh: '$1' is not an option: settings come from the environment, see lab3/README.md" >&2
    exit 2
    ;;
esac
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" lab3
python=${WORKBOOK_PYTHON:-python}
if ! command -v setpriv >/dev/null; then
    echo "serve.sh: setpriv is missing: type  sudo apt-get install util-linux" >&2
    exit 1
fi
export LAB3_HOST=${LAB3_HOST:-127.0.0.1} LAB3_PORT=${LAB3_PORT:-8000} LAB3_PAGE_PORT=${LAB3_PAGE_PORT:-8501}
export LAB3_PAGE_SERVICE=${LAB3_PAGE_SERVICE:-http://127.0.0.1:$LAB3_PORT}
if [[ -z ${LAB3_MODEL_FOLDER:-} && ! -f $lab/model/model.json ]]; then
    echo "serve.sh: there is no model yet, so the pipeline makes one" >&2
    bash "$lab/pipeline.sh" >&2
fi

started=()
# A program that ends with this shell, even if that is killed.
start() {
    setpriv --pdeathsig TERM "$python" "$@" &
    started+=($!)
}

stop() { # with exit code $1, when all have ended
    trap '' INT TERM HUP
    kill "${started[@]}" 2>/dev/null || true
    wait "${started[@]}" 2>/dev/null || true
    exit "$1"
}
trap 'stop 130' INT
trap 'stop 0' TERM
trap 'stop 129' HUP

# Refuses a port that somebody else has: its address would be said as if it were ours.
check_free() { # what, host, port, setting
    if (: <"/dev/tcp/$2/$3") 2>/dev/null; then
        echo "serve.sh: something listens on '$2:$3' already: stop it, or set $4 for the $1" >&2
        exit 1
    fi
}

# Says where a program listens as soon as it does; says nothing where it has ended.
say() {
    until (: <"/dev/tcp/$2/$3") 2>/dev/null; do
        kill -0 "${started[-1]}" 2>/dev/null || return 0
        sleep 0.1
    done
    echo "$1: http://$2:$3" >&2
}

check_free service "$LAB3_HOST" "$LAB3_PORT" LAB3_PORT
[[ ! -f $lab/app.py ]] || check_free page "$LAB3_HOST" "$LAB3_PAGE_PORT" LAB3_PAGE_PORT
start "$lab/service.py"
say service "$LAB3_HOST" "$LAB3_PORT"
if [[ -f $lab/app.py ]]; then
    start -m streamlit run "$lab/app.py" --server.headless true --server.address "$LAB3_HOST" \
        --server.port "$LAB3_PAGE_PORT" --browser.gatherUsageStats false --client.toolbarMode viewer >&2
    say page "$LAB3_HOST" "$LAB3_PAGE_PORT"
fi
code=0
wait -n "${started[@]}" || code=$?
stop "$code"
