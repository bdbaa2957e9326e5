#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 0 clean, 1 findings, 2 failure.
. "${0%/*}/../lib.sh"

project p
check
exits 1
check --exit-zero
exits 0
has out '4 findings'
check --checker STRING_COPY
exits 0
check --format nowhere --exit-zero
exits 2
rm p/src/*.c
check --exit-zero
exits 2
