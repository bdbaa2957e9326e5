#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What was lost to a crash is not taken from the cache.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=crash:pool.c check
has out '  pool.c: crashed'
check
has_all_findings
