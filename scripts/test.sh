#!/bin/sh
# test.sh PYTHON [pytest arguments]: the whole test suite; makes a container engine ready where none answers.
set -eu
python=$1
shift
bash scripts/setup-engine.sh docker
exec "$python" -m pytest "$@"
