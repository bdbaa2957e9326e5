#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A report that cannot be written is a failure.
. "${0%/*}/../lib.sh"

project p
check --format sarif=nowhere/report.sarif
exits 2
has err 'nowhere/report.sarif'
