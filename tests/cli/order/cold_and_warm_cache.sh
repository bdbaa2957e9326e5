#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes from a cold and from a warm cache.
. "${0%/*}/../lib.sh"

large_project p
for format in text sarif coverity-json; do
    rm -rf p/.holdfast
    hf check -p p --format "$format"
    exits 1
    mv out cold
    hf check -p p --format "$format"
    exits 1
    same cold out "$format from a warm cache"
    rm -f p/.holdfast/result
    hf check -p p --format "$format"
    exits 1
    same cold out "$format from remembered facts"
done
hf extract -p p
has out '0 extracted, 12 unchanged'
