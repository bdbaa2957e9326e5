#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A clean rest exits 0, and the report names what is missing.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=crash:queue.c check --checker GUARDED_BY
exits 0
has out '1 unit could not be analysed'
has out '  queue.c: crashed the worker'
