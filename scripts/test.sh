#!/bin/sh
# test.sh PYTHON [pytest arguments]: the whole test suite; makes a container engine ready where none answers.
# Two workers: one has the tests with containers, the other all that need none.
set -eu
python=$1
shift
bash scripts/setup-engine.sh docker
bash scripts/setup-registry.sh
exec "$python" -m pytest -n 2 --dist loadgroup "$@"
