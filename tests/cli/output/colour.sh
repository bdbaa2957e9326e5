#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Colour on a terminal only, or when it is asked for.
. "${0%/*}/../lib.sh"

project p
check
lacks out $'\033'
check --color
has out $'\033'
check --color --format text=file
lacks file $'\033'
