#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A baseline that is not there.
. "${0%/*}/../lib.sh"

project p
check --baseline nowhere.json
refuses nowhere.json
check --baseline p
refuses p
