#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A second occurrence of a known finding is new.
. "${0%/*}/../lib.sh"

project p
check --format coverity-json=known
sed -i 's/^    q->length += n;/    if (room < 1) {\n        return -2;\n    }\n&/' \
    p/src/queue.c
check --baseline known
exits 1
has out '1 finding '
