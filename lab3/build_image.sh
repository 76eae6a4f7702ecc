#!/usr/bin/env bash
# Builds the images of the service and the page, tagged by commit, branch and version.
#
#     bash lab3/build_image.sh [--push REGISTRY]      # as in --push 127.0.0.1:5000
#
# Makes the model first where there is none. stdout has one line a tag; with --push one line a pushed digest.
# PYTHON_IMAGE, when set, is the base instead of python:3.11-slim.
set -euo pipefail
lab=$(cd "$(dirname "$0")" && pwd -P)
root=$(dirname "$lab")
registry=""

fail() {
    echo "build_image.sh: $1" >&2
    exit "${2:-1}"
}

case $# in
0) ;;
2)
    [[ $1 == --push && -n $2 ]] || fail "'$1' is not an option: type  bash lab3/build_image.sh --push REGISTRY" 2
    registry=${2%/}/
    ;;
*)
    [[ ${1:-} == --help ]] && sed -n '2,7s/^# \{0,1\}//p' "$0" && exit
    fail "type  bash lab3/build_image.sh [--push REGISTRY]" 2
    ;;
esac

command -v docker >/dev/null || fail "docker is missing: install it, as in  sudo apt-get install docker.io"
docker info >/dev/null 2>&1 || fail "no docker engine answers: start one, or set DOCKER_HOST to where it listens"
revision=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null) ||
    fail "'$root' is no git repository with a commit: images are tagged by commit, so clone or commit first"
[[ -z $(git -C "$root" status --porcelain) ]] || revision+=-dirty
# Jenkins checks out a commit, not a branch, and tells the branch by one of these
branch=${BRANCH_NAME:-${GIT_BRANCH:-detached}}
branch=$(git -C "$root" symbolic-ref --quiet --short HEAD || echo "${branch#origin/}")
branch=$(tr -c '[:alnum:]_.\n' '-' <<<"$branch") # feature/x is no tag
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/pyproject.toml")
[[ -f $lab/model/card.json ]] || bash "$lab/pipeline.sh" >&2

# field NAME: a value of the model's card, which has one field a line
field() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$lab/model/card.json" | head -n 1; }
# without a name and password that somebody may have put into it
source=$(git -C "$root" remote get-url origin 2>/dev/null | sed 's|//[^/@]*@|//|' || true)

build() {
    local name=mlops-lab3-$1 tag tags=()
    for tag in "$revision" "${branch:0:128}" "$version" latest; do
        tags+=("$registry$name:$tag")
    done
    docker build --file "$lab/Dockerfile" --target "$1" "${tags[@]/#/--tag=}" \
        --build-arg "PYTHON_IMAGE=${PYTHON_IMAGE:-python:3.11-slim}" \
        --build-arg "REVISION=$revision" --build-arg "VERSION=$version" \
        --build-arg "CREATED=$(git -C "$root" show --no-patch --format=%cI HEAD)" \
        --build-arg "SOURCE=${source:-unknown}" \
        "${@:2}" "$root" >&2
    if [[ -z $registry ]]; then
        printf '%s\n' "${tags[@]}"
        return
    fi
    for tag in "${tags[@]}"; do
        docker push "$tag" >&2
    done
    docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "${tags[0]}" | grep "^$registry$name@"
}

build service --build-arg "MODEL_SHA256=$(field sha256)" --build-arg "MODEL_METRIC=accuracy $(field accuracy)"
build page
