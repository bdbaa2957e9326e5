#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SARIF, too, names the units that were lost.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=crash:pool.c check --format sarif
exits 1
has out 'toolExecutionNotifications'
has out 'pool.c: crashed the worker'
