#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An entry whose source is gone costs that unit only.
. "${0%/*}/../lib.sh"

project p
rm p/src/pool.c
check
has_queue_findings
has out '  pool.c: could not be parsed: No such file or directory'
