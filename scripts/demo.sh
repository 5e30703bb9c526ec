#!/bin/sh
# demo.sh HGEN OUT JOBS: the whole pipeline on real packages; without a network, on packages of hgen's own environment.
set -eu
hgen=$1 out=$2 jobs=$3
config=configs/quickstart.yaml
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "Mining, parsing, synthesizing, validating and exporting ($config) ..."
status=0
"$hgen" run -c "$config" -o "$out" -j "$jobs" 2>"$log" || status=$?
cat "$log" >&2
if [ "$status" -ne 0 ]; then
    grep -q 'the package index cannot be reached' "$log" || exit "$status"
    config=configs/offline.yaml
    echo
    echo "There is no network: going on with packages that hgen's own environment holds ($config)."
    "$hgen" run -c "$config" -o "$out" -j "$jobs"
fi
echo
echo "The tasks, and how often lazy baselines solve them:"
"$hgen" stats -o "$out"
echo
echo "One of them in full:"
"$hgen" show -o "$out"
echo
echo "The dataset is in $out/export; more: $hgen show --help, $hgen stats -o $out"
