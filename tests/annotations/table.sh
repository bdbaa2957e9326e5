#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of README.md has one row of six cells for every public macro of
# the header, and no other; and gives its short name right.
set -eu
here=$(dirname "$0")
header=$HF_INCLUDE/holdfast/annotations.h
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$here/macros.sh" "$header" >"$tmp/header"
awk -F' *[|] *' '/^\| `HF_/ {
    if (NF != 9) {
        print "README.md:" FNR ": not seven cells" >"/dev/stderr"
        bad = 1
    }
    for (i = 2; i < NF; i++) {
        if ($i == "") {
            print "README.md:" FNR ": empty cell" >"/dev/stderr"
            bad = 1
        }
    }
    gsub(/`/, "", $2)
    print $2
} END { exit bad }' "$HF_README" | LC_ALL=C sort >"$tmp/readme"
if ! diff -u "$tmp/header" "$tmp/readme"; then
    echo "macros of the header (-) and rows of README.md (+) differ" >&2
    exit 1
fi

sed -n 's/^#define \([A-Za-z0-9_]*\) \(HF_[A-Z0-9_]*[A-Z0-9]\)$/\2 \1/p' "$header" |
    LC_ALL=C sort >"$tmp/header_short"
awk -F' *[|] *' '/^\| `HF_/ && $8 != "-" {
    gsub(/[`()]/, "")
    print $2, $8
}' "$HF_README" | LC_ALL=C sort >"$tmp/readme_short"
if ! diff -u "$tmp/header_short" "$tmp/readme_short"; then
    echo "short names of the header (-) and of README.md (+) differ" >&2
    exit 1
fi
