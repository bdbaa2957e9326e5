#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Text, SARIF, Coverity JSON and GitLab agree on the keys.
. "${0%/*}/../lib.sh"

project p
keys_of p | cut -c1-32 >text
check --format coverity-json
grep -o '"mergeKey" *: *"[0-9a-f]*"' out | grep -o '[0-9a-f]\{32\}' | sort \
    >coverity
same text coverity 'Coverity JSON'
check --format sarif
grep -o '"holdfastMergeKey/v1" *: *"[0-9a-f]*"' out |
    grep -o '[0-9a-f]\{64\}' | cut -c1-32 | sort >sarif
same text sarif SARIF
