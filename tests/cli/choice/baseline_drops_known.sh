#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A baseline in each of its formats leaves nothing of what it knows.
. "${0%/*}/../lib.sh"

project p
for format in coverity-json sarif; do
    check --format "$format=known"
    exits 1
    check --baseline known
    exits 0
    has out '0 findings'
done
keys_of p >known
check --baseline known
exits 0
