#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --statistics counts by checker and tier.
. "${0%/*}/../lib.sh"

project p
check --statistics
exits 1
grep -qE '^checker +high +medium +low +total$' out || fail "no head"
grep -qE '^GUARDED_BY +1 +0 +0 +1$' out || fail "no row of GUARDED_BY"
grep -qE '^LOCK +3 +0 +0 +3$' out || fail "no row of LOCK"
grep -qE '^total +4 +0 +0 +4$' out || fail "no total"
