#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A comment with a reason takes its finding away; the rest stays.
. "${0%/*}/../lib.sh"

project p
sed -i 's,^    return q->length;,    /* holdfast: intentional(GUARDED_BY) a guess is enough */\n&,' \
    p/src/queue.c
check
exits 1
has out '1 finding suppressed in the sources'
has out '3 findings'
lacks out Reading
check --checker GUARDED_BY
exits 0
for format in sarif coverity-json gitlab rdjsonl coverity; do
    check --format "$format"
    lacks out Reading
done
