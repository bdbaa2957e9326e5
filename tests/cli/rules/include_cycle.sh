#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Profiles that include each other: FILE:LINE:COL, and the cycle.
. "${0%/*}/../lib.sh"

project p
mkdir -p rules/one rules/two
printf 'profile: one\ninclude: [two]\n' >rules/one/a.yaml
printf 'profile: two\ninclude: [one]\n' >rules/two/a.yaml
check --rules-dir rules --profile one
refuses 'rules/two/a.yaml:2:11: '
has err 'one -> two -> one'
