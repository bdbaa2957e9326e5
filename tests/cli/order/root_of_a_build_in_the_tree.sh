#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Paths are relative to what all units share, also when the build directory
# is that of the sources.
. "${0%/*}/../lib.sh"

project p
mkdir p/src/sub
mv p/src/pool.c p/src/sub/
sed -i 's,"queue.h","../queue.h",' p/src/sub/pool.c
sed -i 's,src/pool,src/sub/pool,' p/compile_commands.json
check
exits 1
has out 'queue.c:9:9: warning: '
has out 'sub/pool.c:9:5: warning: '
! grep -q '^/' out || fail "absolute paths"
