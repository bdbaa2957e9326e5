#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Wrong options are told.
. "${0%/*}/../lib.sh"

project p
hf annotate -p p --kind locks
refuses "--kind: expected one of context"
hf annotate -p p --format xml
refuses "--format: expected text or json, found 'xml'"
hf annotate -p p --apply --suggest
refuses "--apply writes only what is sure"
hf annotate -p p src
refuses "takes no 'src'"
hf annotate --help
exits 0
for word in --function --field --at --kind --suggest --apply --patch; do
    has out "$word"
done
