#!/bin/sh
# test.sh PYTHON [pytest arguments]: the whole test suite, or the tests asked for; makes a container engine ready where
# none answers. Of the whole suite the tests with containers run beside all others, and are printed after them: some
# count what is left on the engine, so that no two may run at once.
set -eu
python=$1
shift
bash scripts/setup-engine.sh docker
bash scripts/setup-registry.sh
if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi
log=$(mktemp)
"$python" -m pytest -m container >"$log" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' INT TERM
status=0
"$python" -m pytest -m "not container" || status=$?
wait "$beside" || status=$?
cat "$log"
exit "$status"
