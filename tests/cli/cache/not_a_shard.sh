#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Something else in the place of a shard neither blocks nor is read.
. "${0%/*}/../lib.sh"

project p
check
file=$(shard p pool.c)
echo 'hello' >"$file"
check
has_all_findings
rm "$file"
mkfifo "$file"
check
has_all_findings
rm "$file"
mkdir "$file"
check
has_queue_findings
has out "  pool.c: could not be parsed: "
