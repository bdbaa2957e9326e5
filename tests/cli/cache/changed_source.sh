#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Changed sources, headers and flags are read again, and nothing else.
. "${0%/*}/../lib.sh"

project p
check
echo '/* new */' >>p/src/pool.c
hf extract -p p
has out '1 extracted, 1 unchanged'
echo '/* new */' >>p/src/queue.h
hf extract -p p
has out '2 extracted, 0 unchanged'
sed -i '0,/cc -I/s//cc -DNEW -I/' p/compile_commands.json
hf extract -p p
has out '1 extracted, 1 unchanged'
touch p/src/*
hf extract -p p
has out '0 extracted, 2 unchanged'
