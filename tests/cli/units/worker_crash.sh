#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A worker that is killed costs its unit only.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=crash:pool.c check
has_queue_findings
has out '  pool.c: crashed the worker: the parser was killed by SIGSEGV'
