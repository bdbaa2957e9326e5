#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A profile that is not there: the ones there are, and where they were sought.
. "${0%/*}/../lib.sh"

project p
mkdir rules
check --rules-dir rules --profile nowhere
refuses "found 'nowhere'"
has err 'looked in rules, '
check --profile nowhere/a.yaml
refuses 'nowhere/a.yaml: '
hf rules show nowhere
refuses "found 'nowhere'"
