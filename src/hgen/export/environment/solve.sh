#!/bin/sh
# The reference answer, applied to the repository.
set -eu
patch="$(cd "$(dirname "$0")" && pwd)/gold.patch"
cd /sandbox/repo
# A change that is right as it is needs no answer.
[ ! -s "$patch" ] || git apply --whitespace=nowarn "$patch"
