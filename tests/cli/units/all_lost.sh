#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# When no unit is left that is a failure, not a clean bill.
. "${0%/*}/../lib.sh"

project p
HOLDFAST_TEST_CRASH=crash:.c check
exits 2
has out '2 units could not be analysed'
has err 'no unit could be analysed'
