#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Members of the wrong type: the message has line and entry.
. "${0%/*}/../lib.sh"

project p
sed -i '7s/.*/   "file": 3,/' p/compile_commands.json
check
refuses 'p/compile_commands.json:6: entry 1: "file" is not a string'
echo '{"units": []}' >p/compile_commands.json
check
refuses 'p/compile_commands.json:1: expected an array'
echo '[7]' >p/compile_commands.json
check
refuses 'p/compile_commands.json:1: entry 0: not an object'
