#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A standard output that cannot be written is a failure.
. "${0%/*}/../lib.sh"

[ -c /dev/full ] || { echo "no /dev/full"; exit 77; }
project p
status=0
"$holdfast" check -p p >/dev/full 2>err || status=$?
exits 2
has err 'could not write the report'
