#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Broken JSON: the message has file and line.
. "${0%/*}/../lib.sh"

project p
sed -i '7s/.*/   "file" oops,/' p/compile_commands.json
check
refuses 'p/compile_commands.json:7: not valid JSON'
