#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes whatever the number of workers.
. "${0%/*}/../lib.sh"

large_project p
for format in text sarif coverity-json; do
    hf check -p p --format "$format" --jobs 1 --force
    exits 1
    mv out one
    hf check -p p --format "$format" --jobs 4 --force
    exits 1
    same one out "$format with 4 workers"
done
grep -c '"mergeKey"' out >n
[ "$(cat n)" -gt 20 ] || fail "only $(cat n) findings to compare"
