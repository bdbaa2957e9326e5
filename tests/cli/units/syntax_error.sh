#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A unit that does not parse is named, with the place; others are reported.
. "${0%/*}/../lib.sh"

project p
printf 'int before;\nint x = ;\n' >p/src/pool.c
check
has_queue_findings
has out '  pool.c: parsed with errors: pool.c:2:9: expected expression'
