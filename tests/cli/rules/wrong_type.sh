#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A value of the wrong type: FILE:LINE:COL.
. "${0%/*}/../lib.sh"

project p
mkdir -p rules/mine
printf 'profile: mine\nfunctions: 3\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:2:12: expected a mapping'
printf 'profile: mine\nfunctions:\n  f: {noreturn: maybe}\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:3:17: expected true'
