#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An include of no profile: FILE:LINE:COL, and those there are.
. "${0%/*}/../lib.sh"

project p
mkdir -p rules/mine
printf 'profile: mine\ninclude: [nowhere]\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:2:11: expected the name of a profile'
has err pthread
has err "found 'nowhere'"
