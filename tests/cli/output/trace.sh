#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each step of a finding has its place; --concise has one line a finding.
. "${0%/*}/../lib.sh"

project p
hf check -p p --checker LOCK --files pool.c
exits 1
has out '    pool.c:7:5: lock: '
has out '    7 |     pthread_mutex_lock(&q->other);'
has out '  why: '
check --checker LOCK --files pool.c
[ "$(wc -l <out)" -eq 2 ] || fail "expected one line and the summary"
