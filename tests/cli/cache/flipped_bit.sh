#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A shard with a wrong bit anywhere is made again, and stays good.
. "${0%/*}/../lib.sh"

project p
check
size=$(stat -c %s "$(shard p pool.c)")
for offset in 0 9 14 30 44 60 200 $((size / 2)) $((size - 2)); do
    flip_bit "$(shard p pool.c)" "$offset"
    rm -f p/.holdfast/result
    check
    has_all_findings
done
hf link -p p
exits 0
lacks out lost
hf extract -p p
has out '0 extracted, 2 unchanged'
