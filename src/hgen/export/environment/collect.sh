#!/bin/sh
# Leaves what the agent made of the repository as a diff in /logs/artifacts/answer.diff, the only file there. Run it as
# root when the agent is done: nothing of the agent's is run, and the repository's .git is not looked at.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
# What the agent has left running could change the tree meanwhile. It may be that there is nobody, or no right to do so.
setpriv --reuid=agent --regid=agent --clear-groups sh -c 'kill -KILL -1' 2>/dev/null || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/start"
tar -xzf /opt/hgen/start.tar.gz -C "$work/start"
python3 -I -S /opt/hgen/grader.py --start "$work/start" --collect /sandbox/repo --diff "$work/answer.diff"

[ ! -L /logs/artifacts ] || rm -f /logs/artifacts
mkdir -p /logs/artifacts
find /logs/artifacts -mindepth 1 -delete
mv "$work/answer.diff" /logs/artifacts/answer.diff
