#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What no command takes is not passed over in silence.
. "${0%/*}/../lib.sh"

project p
check p
refuses "check takes no 'p'"
check --sarif
refuses '--sarif'
hf link -p p p
refuses "link takes no 'p'"
hf nowhere
exits 2
has err "unknown command 'nowhere'"
hf
exits 2
has err 'usage: holdfast COMMAND'
