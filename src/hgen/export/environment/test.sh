#!/bin/sh
# Grades what the agent made of the repository; the reward goes to /logs/verifier/reward.json, the verdict with its
# reasons to /logs/verifier/verdict.json. Without a verdict there is no reward.
# The answer is the diff that collect.sh has left in the agent's container, which this one need not be.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
answer=/logs/artifacts/answer.diff
most=10000000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The answer's code may be run, as another user, and must not read here what the right answer is.
chmod 700 /tests "$work"
mkdir -p /logs/verifier
rm -rf /logs/verifier/reward.json /logs/verifier/reward.txt /logs/verifier/verdict.json
# Where nothing has come over that can be read: what is in this container, which is nothing if it is a fresh one.
if [ -L /logs/artifacts ] || [ -L "$answer" ] || [ ! -f "$answer" ]; then sh /opt/hgen/collect.sh; fi
# What is longer than a diff may be is no diff when it is cut.
head -c "$most" "$answer" > "$work/answer.diff"
python3 -I -S /tests/grader.py --answer /tests/answer.json --diff "$work/answer.diff" \
    --reward-file /logs/verifier/reward.json > "$work/verdict.json"
cat "$work/verdict.json"
mv "$work/verdict.json" /logs/verifier/verdict.json
chmod 644 /logs/verifier/reward.json /logs/verifier/verdict.json
