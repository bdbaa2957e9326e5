#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Warnings and progress go to standard error; --quiet leaves the errors.
. "${0%/*}/../lib.sh"

project p
echo 'int pool_close(struct queue *q) { return 0; }' >>p/src/queue.c
check --format coverity-json
has err 'pool_close is defined in '
lacks out 'is defined in'
check --quiet
[ ! -s err ] || fail "not quiet"
check --quiet --baseline nowhere
has err nowhere
