#!/bin/sh
# SPDX-License-Identifier: MIT
# The program as a user sees it: commands in, answers out, exit status.
. "$(dirname "$0")/build.sh"

expect() {
    printf "$1" | "$REFVMM" --pages 64 >"$tmp/out" 2>"$tmp/err" ||
        fail "exit status $? after: $1"
    printf "$2" | diff -u - "$tmp/out" || fail "answers to: $1"
    [ ! -s "$tmp/err" ] || fail "said: $(cat "$tmp/err")"
}

expect 'query-status\nquit\n' '{"return": {"status": "running"}}\n{"return": {}}\n'
expect '' ''
expect 'quit' ''
expect '\n  stop \nquery-status\n' '{"return": {}}\n{"return": {"status": "paused"}}\n'
expect 'query-migrate\n' \
    '{"return": {"status": "none", "busy": false, "pages": 0, "rounds": 0, "remaining": 0}}\n'
expect 'frobnicate\n' '{"error": "unknown command; try help"}\n'
expect 'migrate -1\n' '{"error": "expected a number of pages a second"}\n'
expect 'migrate 1\nmigrate\n' '{"return": {}}\n{"error": "a migration is under way"}\n'
expect 'help\n' \
    '{"return": ["cont", "help", "migrate", "migrate_cancel", "query-migrate", "query-status", "quit", "stop"]}\n'
# A line that never ends is the end.
expect "$(head -c 5000 /dev/zero | tr '\0' x)" ''

for bad in '--pages 0' '--pages 9999999' '--nonsense' 'argument'; do
    if "$REFVMM" $bad </dev/null >"$tmp/out" 2>"$tmp/err"; then
        fail "accepts $bad"
    fi
    grep -q '^refvmm: ' "$tmp/err" || fail "no message for $bad"
done
