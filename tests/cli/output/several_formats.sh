#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several reports of one run, to files and to standard output.
. "${0%/*}/../lib.sh"

project p
check --format text --format sarif=a.sarif --format coverity-json=a.json \
    --format gitlab=a.gitlab --format rdjsonl=a.rdjsonl --format coverity=a.err
exits 1
has_all_findings
mv out text
for pair in sarif:a.sarif coverity-json:a.json gitlab:a.gitlab \
    rdjsonl:a.rdjsonl coverity:a.err; do
    check --format "${pair%:*}"
    same "${pair#*:}" out "${pair%:*} to a file"
done
check
same text out 'text among others'
