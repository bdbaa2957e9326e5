#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A database that ends in the middle.
. "${0%/*}/../lib.sh"

project p
head -c 200 p/compile_commands.json >cut.json
mv cut.json p/compile_commands.json
check
refuses 'p/compile_commands.json:'
has err 'not valid JSON'
