#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --checker runs that one, and several when repeated.
. "${0%/*}/../lib.sh"

project p
check --checker GUARDED_BY
exits 1
has out '1 finding '
has out '[GUARDED_BY'
check --checker LOCK
has out '3 findings'
lacks out '[GUARDED_BY'
check --checker LOCK --checker GUARDED_BY
has out '4 findings'
check --checker STRING_COPY
exits 0
