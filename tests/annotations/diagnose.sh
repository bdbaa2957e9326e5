#!/bin/sh
# SPDX-License-Identifier: MIT
# diagnose.sh tsa|sparse: each wrong file gets exactly the diagnostics its
# `expect:` comments ask for, on their lines, and no other.  Every macro of
# which README.md says that this reader makes something has a wrong file.
set -eu
reader=$1
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

case $reader in
tsa)
    tool=$HF_CLANG
    flags="-std=c99 -pedantic -Wall -Wextra -Wno-unused-parameter
           -Wthread-safety -Wthread-safety-beta -fno-caret-diagnostics
           -fsyntax-only"
    column=4
    ;;
sparse)
    tool=$HF_SPARSE
    flags=-Wall
    column=5
    ;;
esac
if ! command -v "$tool" >/dev/null 2>&1; then
    echo "SKIP: no '$tool'" >&2
    exit 77
fi

for file in "$here/wrong/$reader"/*.c; do
    "$tool" $flags -I"$HF_INCLUDE" "$file" >"$tmp/out" 2>&1 || true
    awk -v name="$(basename "$file")" '
        FNR == NR {
            if (match($0, /\/\* expect: .* \*\//)) {
                want[FNR] = substr($0, RSTART + 11, RLENGTH - 14)
                n++
            }
            next
        }
        /: (warning|error): / {
            split($0, part, ":")
            text = $0
            sub(/^[^:]*:[0-9]+:[0-9]+: [a-z]*: /, "", text)
            if (want[part[2]] != "" && index(text, want[part[2]])) {
                got[part[2]] = 1
            } else {
                print name ":" part[2] ": not expected: " text
                bad = 1
            }
        }
        END {
            if (!n) {
                print name ": expects nothing"
                bad = 1
            }
            for (line in want) {
                if (want[line] != "" && !(line in got)) {
                    print name ":" line ": missing: " want[line]
                    bad = 1
                }
            }
            exit bad
        }' "$file" "$tmp/out" || status=1
done

# The table and the wrong files agree.
sed -n 's/^| `\(HF_[A-Za-z0-9_]*\).*/&/p' "$HF_README" |
    awk -F' *[|] *' -v c="$column" '$c != "-" {
        gsub(/[`()]/, "", $2); sub(/^HF_/, "", $2); print tolower($2)
    }' | LC_ALL=C sort >"$tmp/table"
(cd "$here/wrong/$reader" && ls | sed 's/\.c$//') | LC_ALL=C sort >"$tmp/files"
diff -u "$tmp/table" "$tmp/files" || {
    echo "README.md's $reader column (-) and wrong/$reader (+) disagree"
    status=1
}
exit $status
