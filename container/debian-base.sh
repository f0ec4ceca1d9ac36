#!/usr/bin/env bash
# Makes a base image of Debian's own packages, where no registry can be reached (and for the tests of the image).
#
# Usage: debian-base.sh IMAGE
# Needs root, mmdebstrap and buildah. Environment:
#   ENGINE  buildah with its global options, if not "buildah"
set -euo pipefail

image=$1
suite=bookworm
read -r -a engine <<< "${ENGINE:-buildah}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# With a fixed time the same packages make the same image.
export SOURCE_DATE_EPOCH=0
mmdebstrap --quiet --variant=minbase --include=ca-certificates,libgomp1,python3-minimal,python3-venv,tini \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$work/base.tar"
container=$("${engine[@]}" from scratch)
"${engine[@]}" add --quiet "$container" "$work/base.tar" /
"${engine[@]}" config --env PATH=/usr/local/bin:/usr/bin:/bin --env LANG=C.UTF-8 "$container"
"${engine[@]}" commit --quiet --rm --timestamp 0 "$container" "$image"
