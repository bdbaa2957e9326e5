#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A baseline that is none: file and place.
. "${0%/*}/../lib.sh"

project p
echo 'hello' >known
check --baseline known
refuses 'known:1: expected a merge key'
check --format coverity-json
head -c 500 out >cut.json
check --baseline cut.json
refuses 'cut.json:'
echo '{"runs": 3}' >other
check --baseline other
refuses 'other'
head -c 100000 /dev/zero | tr '\0' '[' >deep
check --baseline deep
refuses 'deep'
