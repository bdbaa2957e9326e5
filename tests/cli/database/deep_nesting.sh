#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A hundred thousand brackets do not exhaust the stack.
. "${0%/*}/../lib.sh"

project p
{ echo '['; head -c 100000 /dev/zero | tr '\0' '['; } >p/compile_commands.json
check
refuses 'p/compile_commands.json:2: nested more than'
