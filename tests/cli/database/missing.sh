#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A build directory without a database.
. "${0%/*}/../lib.sh"

mkdir empty
hf check -p empty
refuses 'empty/compile_commands.json: no such file'
hf check -p nowhere
refuses 'nowhere: no such file'
