#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Findings of other checkers, rules, roots or units are not taken for these.
. "${0%/*}/../lib.sh"

project p
mkdir rules
printf 'profile: mine\ninclude: [pthread]\n' >rules/mine.yaml
mine() { check --rules-dir rules --profile mine "$@"; }
mine --checker GUARDED_BY
has out '1 finding '
mine
has out '4 findings'
mine --root .
has out 'p/src/pool.c:9:5: warning: '
mine --files pool.c
has out '1 finding '
printf 'functions:\n  pthread_mutex_unlock: {}\n' >>rules/mine.yaml
mine
lacks out double_unlock
