#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A finding stands for several accesses; one more of them is new, alone.
. "${0%/*}/../lib.sh"

threads_project p
hf check -p p --format coverity-json=coverity --format sarif=sarif
hf check -p p
sed -n 's/^  key: //p' out >plain
for known in coverity sarif plain; do
    check --baseline "$known"
    exits 0
    has out '0 findings'
done
sed -i 's/^static void \*sender/static long seen_again(void)\n{\n    return seen;\n}\n&/
        s/return see_more()/return seen_again() + see_more()/' p/src/threads.c
for known in coverity sarif plain; do
    check --baseline "$known"
    exits 1
    has out '1 finding '
    has out 'threads.c:46:12: warning: '
done
