#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Source that exhausts the parser's stack costs that unit only.
. "${0%/*}/../lib.sh"

project p
{
    printf 'int deep(int x) { return '
    head -c 60000 /dev/zero | tr '\0' '!'
    echo 'x; }'
} >p/src/pool.c
check
has_queue_findings
