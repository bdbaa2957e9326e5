#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --changed-since shows the finding on changed lines, alone.
. "${0%/*}/../lib.sh"

git_project p
check --changed-since HEAD
exits 0
has out '0 findings'
sed -i 's/return q->length;/return q->length + 1;/' p/src/queue.c
check --changed-since HEAD
exits 1
has out '1 finding '
has out 'src/queue.c:18:15: warning: '
git_commit p
check --changed-since HEAD
exits 0
check --changed-since HEAD~1
exits 1
has out '1 finding '
