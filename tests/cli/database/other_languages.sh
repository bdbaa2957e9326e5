#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is not C is left out, and told.
. "${0%/*}/../lib.sh"

project p
cp p/src/pool.c p/src/pool.cc
sed -i 's/pool\.c\b/pool.cc/g' p/compile_commands.json
check
has_queue_findings
has err 'pool.cc: left out: '
