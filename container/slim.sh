#!/bin/sh
# Leaves in a virtual environment of the image what runs, and compiles it.
#
# Usage: slim.sh DIRECTORY [--cpu]
#   --cpu  fail if PyTorch came with CUDA
set -eu

environment=$1
python=$environment/bin/python
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cd "$packages"

if [ "${2:-}" = --cpu ] && [ -e torch/lib/libtorch_cuda.so ]; then
    echo 'pip chose a PyTorch with CUDA for the target cpu. Name the index of its CPU builds (the installation page of' >&2
    echo 'PyTorch has the address): CPU_TORCH_ARGS="--extra-index-url ADDRESS"; see docs/container.md' >&2
    exit 1
fi

# Headers and test programs of PyTorch; of its programs only the one runs that it looks for when it is imported.
rm -rf torch/include torch/share torch/test
[ ! -d torch/bin ] || find torch/bin -type f ! -name torch_shm_manager -delete
# Tests of packages that do not import them.
for package in mpmath networkx numba numpy sympy; do
    [ ! -d "$package" ] || find "$package" -type d -name tests -prune -exec rm -rf {} +
done

# Files of the image never change, so bytecode is taken without a look at its source; nor does it hold a time that
# would make two builds differ.
"$python" -m compileall -q --invalidation-mode unchecked-hash -x py312_intrinsics .  # for a newer Python
