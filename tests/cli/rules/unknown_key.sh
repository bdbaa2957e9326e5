#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A key that is spelled wrong: FILE:LINE:COL, and the right one.
. "${0%/*}/../lib.sh"

project p
mkdir -p rules/mine
printf 'profile: mine\nfuncions:\n  f: {}\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:2:1: expected one of profile, '
has err "did you mean 'functions'?"
printf 'profile: mine\nfunctions:\n  f: {aqcuire: arg0}\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:3:7: expected an effect'
has err "did you mean 'acquire'?"
