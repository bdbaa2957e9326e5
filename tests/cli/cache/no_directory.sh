#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A cache that cannot be written.
. "${0%/*}/../lib.sh"

project p
touch file
check --cache file
refuses 'file/shards: Not a directory'
