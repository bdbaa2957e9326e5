#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A profile without a word in it.
. "${0%/*}/../lib.sh"

project p
mkdir -p rules/mine
check --rules-dir rules --profile "$PWD/rules/mine"
refuses 'rules/mine: holds no .yaml file'
: >rules/mine/a.yaml
check --rules-dir rules --profile mine
refuses 'rules/mine/a.yaml:1:1: '
