#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A checker that is not there is told before the work.
. "${0%/*}/../lib.sh"

project p
check --checker LOCKS
refuses "--checker: unknown 'LOCKS'"
[ ! -e p/.holdfast ] || fail "sources were read first"
hf explain LOCKS
refuses "unknown checker 'LOCKS'"
