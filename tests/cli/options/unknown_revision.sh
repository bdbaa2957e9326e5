#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A revision that git does not know.
. "${0%/*}/../lib.sh"

git_project p
check --changed-since nowhere
refuses 'unknown revision "nowhere"'
check --changed-since=--output=file
refuses 'unknown revision "--output=file"'
