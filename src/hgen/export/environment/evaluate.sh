#!/bin/bash
# Judges what became of the repository in this container by hgen's grader. Run it as root in a fresh container of the
# task's image, to whose tree nothing but the answer has been applied. Exit status: 0 resolved, 1 not, 3 no verdict.
# This script is private: it holds the answer.
{ set +x; } 2>/dev/null
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
base64 -d <<'HGEN_ANSWER' | gzip -d > "$work/answer.json"
@ANSWER@
HGEN_ANSWER

judge() {
    printf '%s  %s\n' @GRADER@ /opt/hgen/grader.py @COLLECT@ /opt/hgen/collect.sh | sha256sum --check --status || {
        echo "/opt/hgen does not hold the grader that this script is for: this is not the task's image"
        return 3
    }
    mkdir "$work/start" && tar -xzf /opt/hgen/start.tar.gz -C "$work/start" || return 3
    sh /opt/hgen/collect.sh || return 3
    python3 -I -S /opt/hgen/grader.py --answer "$work/answer.json" --start "$work/start" \
        --diff /logs/artifacts/answer.diff > "$work/verdict" || return 3
    python3 -I -S -c 'import json, sys; sys.exit(not json.load(open(sys.argv[1]))["resolved"])' "$work/verdict"
}

judge > "$work/said" 2>&1 < /dev/null
status=$?
echo '>>>>> Start Test Output'
case $status in
0) echo 'PASSED hgen::resolved' ;;
1) echo 'FAILED hgen::resolved' ;;
esac
(exit "$status")
echo '>>>>> End Test Output'
# The answer may have a say in these, so no line of it begins as a test's verdict does.
cat "$work/said" "$work/verdict" 2>/dev/null | sed 's/^/hgen: /'
exit "$status"
