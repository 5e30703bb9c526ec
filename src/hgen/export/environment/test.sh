#!/bin/sh
# Grades what the agent made of the repository; the reward and its parts go to /logs/verifier/reward.json, the verdict
# with its reasons to /logs/verifier/verdict.json. Without a verdict there is no reward.
# The answer is the diff that collect.sh has left in the agent's container, which this one need not be.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
answer=/logs/artifacts/answer.diff
most=10000000
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
forget() { rm -rf /logs/verifier/reward.json /logs/verifier/reward.txt /logs/verifier/verdict.json; }
# The answer's code may be run, as another user, which must not read the right answer here, nor write its reward.
chmod 700 /tests
mkdir -p /logs/verifier "$work/start"
chmod go-w /logs/verifier 2>/dev/null || true
forget
printf '%s  %s\n' @GRADER@ /opt/hgen/grader.py @COLLECT@ /opt/hgen/collect.sh | sha256sum --check --status || {
    echo "/opt/hgen does not hold the grader that this script is for: this is not the task's image" >&2
    exit 3
}
# Where nothing has come over that can be read: what is in this container, which is nothing if it is a fresh one.
if [ -L /logs/artifacts ] || [ -L "$answer" ] || [ ! -f "$answer" ]; then sh /opt/hgen/collect.sh; fi
# What is longer than a diff may be is no diff when it is cut.
head -c "$most" "$answer" > "$work/answer.diff"
tar -xzf /opt/hgen/start.tar.gz -C "$work/start"
python3 -I -S /opt/hgen/grader.py --answer /tests/answers.zip --start "$work/start" --diff "$work/answer.diff" \
    --details-file "$work/verdict.json" --reward-file "$work/reward.json" || { forget; exit 3; }
forget
mv "$work/verdict.json" "$work/reward.json" /logs/verifier/
