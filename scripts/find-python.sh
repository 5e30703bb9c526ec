#!/bin/sh
# find-python.sh NAME: how to call a Python such as python3.13, be it on the PATH or only among pyenv's; fails without.
set -eu
for each in "$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/${1#python}".*/bin/python; do
    # A shim of pyenv may be there for a Python that is not: only one that runs will do.
    if "$each" -c '' 2>/dev/null; then
        echo "$each"
        exit
    fi
done
echo "$1 is not here" >&2
exit 1
