#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes wherever the project lies.
. "${0%/*}/../lib.sh"

large_project one
cp -r one two-in-another-place
rm two-in-another-place/compile_commands.json
database two-in-another-place
for format in text coverity gitlab rdjsonl; do
    hf check -p one --format "$format"
    exits 1
    mv out first
    hf check -p two-in-another-place --format "$format"
    exits 1
    same first out "$format in another place"
done
