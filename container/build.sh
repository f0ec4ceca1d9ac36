#!/usr/bin/env bash
# Builds the image with docker, podman or buildah, whichever is there.
#
# Environment:
#   IMAGE       name and tag; triwire:VERSION-TARGET without it
#   TARGET      cuda or cpu
#   BASE_IMAGE  base image, if not the Dockerfile's
#   PIP_ARGS, CPU_TORCH_ARGS, EXTRAS, SOURCE  build arguments of the Dockerfile
#   ENGINE      the command that builds, with its global options, if not the first of the three that works
#   BUILD_ARGS  further arguments of its "build", such as --no-cache
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' service/triwire_server/__init__.py)
revision=$(git rev-parse HEAD 2> /dev/null || true)
target=${TARGET:-cuda}

if [ -n "${ENGINE:-}" ]; then
    read -r -a engine <<< "$ENGINE"
elif docker info > /dev/null 2>&1; then
    engine=(docker)
elif command -v podman > /dev/null; then
    engine=(podman)
elif command -v buildah > /dev/null; then
    engine=(buildah)
else
    echo "make image needs docker (with a running engine), podman or buildah" >&2
    exit 1
fi

arguments=(--target "$target" --tag "${IMAGE:-triwire:$version-$target}")
arguments+=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision")
for name in BASE_IMAGE PIP_ARGS CPU_TORCH_ARGS EXTRAS SOURCE; do
    [ -z "${!name:-}" ] || arguments+=(--build-arg "$name=${!name}")
done
# Only Docker's own format has room for HEALTHCHECK. Files without a time of their own make equal builds equal images,
# and a layer that did not change need not be fetched again.
[ "${engine[0]##*/}" = docker ] || arguments+=(--format docker --timestamp 0)
read -r -a more <<< "${BUILD_ARGS:-}"
exec "${engine[@]}" build "${arguments[@]}" "${more[@]}" .
