#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Numbers that are none, or none of those.
. "${0%/*}/../lib.sh"

project p
check --jobs many
refuses '--jobs'
check --jobs -1
refuses '--jobs: expected a number above 0, found -1'
check --unit-timeout -1
refuses '--unit-timeout: expected a number above 0, found -1'
hf extract -p p --shard 2/2
refuses "--shard: expected I/N with 0 <= I < N, found '2/2'"
