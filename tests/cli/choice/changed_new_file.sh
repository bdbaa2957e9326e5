#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A file that git does not know yet has changed as a whole.
. "${0%/*}/../lib.sh"

git_project p
sed 's/pool_close/pool_end/' p/src/pool.c >p/src/new.c
database p
check --changed-since HEAD
exits 1
has out '1 finding '
has out 'src/new.c:9:5: warning: '
