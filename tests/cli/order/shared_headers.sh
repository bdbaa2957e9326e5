#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes with and without precompiled headers.
. "${0%/*}/../lib.sh"

large_project p
for format in text sarif coverity-json; do
    hf check -p p --format "$format" --force
    exits 1
    mv out with
    hf check -p p --format "$format" --force --no-pch
    exits 1
    same with out "$format without precompiled headers"
done
