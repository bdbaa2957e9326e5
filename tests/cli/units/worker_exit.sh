#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A worker that ends costs its unit only.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=exit:pool.c check
has_queue_findings
has out '  pool.c: crashed the worker: the parser exited with status 3'
