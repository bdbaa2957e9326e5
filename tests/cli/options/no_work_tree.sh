#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --changed-since outside of git.
. "${0%/*}/../lib.sh"

command -v git >/dev/null || { echo "no git"; exit 77; }
project p
check --changed-since HEAD
refuses 'not in a git work tree'
