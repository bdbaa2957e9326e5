#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A header that is missing is named, with the place.
. "${0%/*}/../lib.sh"

project p
sed -i '1s/queue.h/nowhere.h/' p/src/pool.c
check
has_queue_findings
has out "  pool.c: parsed with errors: pool.c:1:10: 'nowhere.h' file not found"
