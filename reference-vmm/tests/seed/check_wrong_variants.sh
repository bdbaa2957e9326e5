#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The checker on every wrong variant of wrong-variants.tsv: reported in the
# file and function named there by the checker named there, and nothing there
# when right. Variants whose checker does not exist yet are counted apart.
#
#   check_wrong_variants.sh HOLDFAST SOURCE_ROOT BUILD
set -euo pipefail
holdfast=$1 root=$2 build=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Writes the VMM's part of the database, with one more definition.
database() { # DEFINITION
    jq --arg more "$1" '
        map(select((.file | test("/reference-vmm/(base/|seed/|refvmm-seed)")) and
                   (.file | test("/tests/") | not)) |
            .command |= sub(" -c "; " \($more) -c "))' \
        "$build/compile_commands.json" >"$scratch/compile_commands.json"
}

check() {
    "$holdfast" check -p "$scratch" --root "$root" -q --profile reference-vmm \
        --cache "$scratch/cache" --format coverity-json || [ $? -eq 1 ]
}

known=$("$holdfast" explain | cut -d' ' -f1)
wrong=0 right=0 later=0
database "-DHF_RIGHT"
check >"$scratch/right.json"
if [ "$(jq '.issues | length' "$scratch/right.json")" != 0 ]; then
    echo "the right variant has findings:"
    jq -r '.issues[] | "  \(.checkerName) in \(.functionDisplayName)"' \
        "$scratch/right.json"
    wrong=1
fi
while IFS=$'\t' read -r variant file function checker; do
    case $variant in \#*) continue ;; esac
    if ! grep -qx "$checker" <<<"$known"; then
        echo "later   $variant: no checker $checker yet"
        later=$((later + 1))
        continue
    fi
    database "-DHF_WRONG_$variant"
    check >"$scratch/wrong.json"
    if jq -e --arg file "$file" --arg function "$function" \
        --arg checker "$checker" '
            any(.issues[]; .checkerName == $checker and
                .functionDisplayName == $function and
                (.strippedMainEventFilePathname | endswith($file)))' \
        "$scratch/wrong.json" >/dev/null; then
        right=$((right + 1))
    else
        echo "MISSED  $variant: no $checker in $function ($file)"
        wrong=$((wrong + 1))
    fi
done <"$root/reference-vmm/wrong-variants.tsv"
echo "$right reported, $wrong wrong, $later for checkers to come"
[ "$wrong" -eq 0 ]
