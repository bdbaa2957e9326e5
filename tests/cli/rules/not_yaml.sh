#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Text that is no YAML, or YAML beyond the plain kind.
. "${0%/*}/../lib.sh"

project p
mkdir -p rules/mine
printf 'profile: mine\ninclude: [pthread\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:'
has err 'not YAML'
printf 'profile: mine\nfunctions:\n  f: &x {}\n  g: *x\n' >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:3:7: expected plain YAML'
head -c 300 /dev/zero >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:'
