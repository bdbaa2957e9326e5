#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A standard output that cannot be written is a failure.
. "${0%/*}/../lib.sh"

[ -c /dev/full ] || { echo "no /dev/full"; exit 77; }
project p
hf_to /dev/full check -p p
exits 2
has err 'could not write the report'
