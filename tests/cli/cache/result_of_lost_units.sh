#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Why a unit was lost is told anew each time.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=crash:pool.c check
has out '  pool.c: crashed the worker'
HOLDFAST_TEST_CRASH=hang:pool.c check --unit-timeout 1
has out '  pool.c: took too long'
check
has_all_findings
