#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No unit at all is no clean bill.
. "${0%/*}/../lib.sh"

mkdir p
echo '[]' >p/compile_commands.json
check
exits 2
has err 'no unit could be analysed'
