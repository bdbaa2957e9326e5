#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the baseline does not know is reported, alone.
. "${0%/*}/../lib.sh"

project p
check --format coverity-json=known
cat >>p/src/pool.c <<'END'

int pool_length(struct queue *q);
int pool_length(struct queue *q)
{
    return q->length;
}
END
check --baseline known
exits 1
has out '1 finding '
has out 'pool.c:16:15: warning: '
