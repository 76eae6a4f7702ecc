#!/usr/bin/env bash
# Asks the Python advisory database about each package that an image has; exit code 1 when one is vulnerable.
#
#     bash lab3/scan_image.sh IMAGE [options of pip-audit]      # as in mlops-lab3-service:latest
#
# The image itself is asked what it has, not the list that it was built from. Needs the network.
set -euo pipefail

fail() {
    echo "scan_image.sh: $1" >&2
    exit "${2:-1}"
}

[[ ${1:-} == --help ]] && sed -n '2,6s/^# \{0,1\}//p' "$0" && exit
[[ $# -ge 1 && $1 != -* ]] || fail "type  bash lab3/scan_image.sh IMAGE, as in mlops-lab3-service:latest" 2
image=$1
shift
command -v docker >/dev/null || fail "docker is missing: install it, as in  sudo apt-get install docker.io"
docker image inspect "$image" >/dev/null 2>&1 ||
    fail "there is no image '$image' here: bash lab3/build_image.sh makes the images, or start the docker engine"
# shellcheck source=common/environment.sh
source "$(dirname "$0")/../common/environment.sh" audit

packages=$(mktemp)
trap 'rm -f "$packages"' EXIT
docker run --rm --network none "$image" python -c '
from importlib.metadata import distributions
print(*sorted(f"{one.name}=={one.version}" for one in distributions()), sep="\n")
' >"$packages"
echo "scan_image.sh: $(wc -l <"$packages") packages in $image" >&2
# strict: a package that the database does not know has not been looked at, and is no success
python -m pip_audit --requirement "$packages" --no-deps --disable-pip --strict --progress-spinner off "$@"
