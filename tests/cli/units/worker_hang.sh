#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A unit that takes too long is given up.
. "${0%/*}/../lib.sh"

project p
started=$SECONDS
HOLDFAST_TEST_CRASH=hang:pool.c check --unit-timeout 1
[ $((SECONDS - started)) -lt 20 ] || fail "took $((SECONDS - started)) s"
has_queue_findings
has out '  pool.c: took too long: no result after 1 s'
