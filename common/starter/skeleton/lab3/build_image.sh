#!/usr/bin/env bash
# Builds the image, under a name that says which commit it is made from.
set -euo pipefail
cd "$(dirname "$0")"
echo "lab3/build_image.sh is not written yet, see the TODO in it" >&2 # TODO: build it and tag it instead
exit 1
