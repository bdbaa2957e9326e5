#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A suppression that nothing needs is itself reported.
. "${0%/*}/../lib.sh"

project p
sed -i 's,^    q->length += n;,    /* holdfast: intentional(GUARDED_BY) once */\n&,' \
    p/src/queue.c
check
exits 1
has out '5 findings'
grep -q '^queue.c:11:.*\[ANNOTATION' out || fail "not reported"
