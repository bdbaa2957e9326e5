#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --files that leave nothing.
. "${0%/*}/../lib.sh"

project p
check --files 'nowhere/*'
refuses "--files: no unit below $PWD/p/src matches"
check --files pool.c
exits 1
has out '1 finding '
