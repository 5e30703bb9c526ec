#!/bin/sh
# Leaves what the agent made of the repository as a diff in /logs/artifacts/answer.diff, the only file there. Run it as
# root when the agent is done: nothing of the agent's is run, and the repository's .git is not looked at.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/start"
tar -xzf /opt/hgen/start.tar.gz -C "$work/start"

export GIT_DIR="$work/git" HOME="$work" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
git init --quiet --bare --template= "$GIT_DIR"
mkdir "$GIT_DIR/info"
# Contents as they are: no line endings, filters or other encodings that the tree's attributes ask for.
echo '* -text -filter -ident !eol !working-tree-encoding !diff' > "$GIT_DIR/info/attributes"
snapshot() {
    GIT_WORK_TREE="$1" git add --all --force -- . ':(exclude,glob)**/__pycache__/**' ':(exclude,glob)**/*.pyc' \
        ':(exclude,glob)**/.pytest_cache/**' >/dev/null 2>&1 || true
}
snapshot "$work/start"
before=$(git write-tree)
snapshot /sandbox/repo
git diff --cached --binary --full-index --no-renames --no-color --no-ext-diff --no-textconv "$before" > "$work/answer.diff"

[ ! -L /logs/artifacts ] || rm -f /logs/artifacts
mkdir -p /logs/artifacts
find /logs/artifacts -mindepth 1 -delete
mv "$work/answer.diff" /logs/artifacts/answer.diff
