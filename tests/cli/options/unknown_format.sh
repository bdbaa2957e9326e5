#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A format that is not there is told before the work, with those there are.
. "${0%/*}/../lib.sh"

project p
check --format text --format nowhere=file
refuses "--format: unknown 'nowhere'"
has err coverity-json
[ ! -e p/.holdfast ] || fail "sources were read first"
