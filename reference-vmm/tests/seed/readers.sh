#!/bin/sh
# SPDX-License-Identifier: MIT
# readers.sh READER: no file of the VMM gets a diagnostic.
. "$(dirname "$0")/build.sh"

# glibc's own initialisers use 0 for NULL; a lone .c has no use for -Wdecl.
sparse_flags="-Wall -Wno-non-pointer-null -Wno-decl"

each() {
    for file in $sources; do
        "$@" $flags "$file" >"$tmp/out" 2>&1 || fail "$file: $(cat "$tmp/out")"
        [ ! -s "$tmp/out" ] || fail "$file: $(cat "$tmp/out")"
    done
}

# What the system's headers say of each other is not about us.
own_sparse() {
    "$HF_SPARSE" $sparse_flags "$@" 2>&1 |
        grep -v '^/usr/include/\|: note: in included file' || true
}

case $1 in
tsa)
    need "$HF_CLANG"
    each "$HF_CLANG" -fsyntax-only $warnings -Wthread-safety \
        -Wthread-safety-beta
    each "$HF_CLANG" -fsyntax-only $warnings -Wthread-safety \
        -Wthread-safety-beta -DHOLDFAST_DEBUG_CHECKS
    ;;
sparse)
    need "$HF_SPARSE"
    each own_sparse
    ;;
holdfast)
    need "$HF_CLANG"
    each "$HF_CLANG" -fsyntax-only $warnings -D__HOLDFAST__
    ;;
conventions)
    # Each file says in which thread it runs; each lock has a rank, declared
    # with the very number it is initialised with; ARCHITECTURE.md lists all ranks
    # and roles.
    for file in $(find . -name '*.[ch]' ! -path './tests/*' ! -path './guests/*'); do
        sed 60q "$file" | grep -q '^ \* Thread context: ' ||
            fail "$file does not state its thread context"
    done
    grep -hEo '(LOCK_RANK\(|VM_MUTEX_INIT\(.*, |vm_mutex_init\(.*, )RANK_[A-Z_]+' \
        $(find . -name '*.[ch]' ! -path './tests/*') |
        sed 's/.*(//; s/.* //' | LC_ALL=C sort | uniq -c >"$tmp/uses"
    for rank in $(sed -n 's/^#define \(RANK_[A-Z_]*\) .*/\1/p' base/lock_ranks.h)
    do
        grep -q "^ *2 $rank\$" "$tmp/uses" ||
            fail "$rank: one declaration and one initialisation expected"
        number=$(sed -n "s/^#define $rank  *\([0-9]*\).*/\1/p" base/lock_ranks.h)
        grep -q "^| $number | \`$rank\` |" ARCHITECTURE.md ||
            fail "ARCHITECTURE.md has no row for $rank = $number"
    done
    for role in $(sed -n 's/^ROLE_DECLARE(\(.*\));.*/\1/p' base/thread.h); do
        grep -q "^| \`$role\` |" ARCHITECTURE.md ||
            fail "ARCHITECTURE.md: no row for $role"
    done
    ;;
*)
    fail "unknown reader '$1'"
    ;;
esac
