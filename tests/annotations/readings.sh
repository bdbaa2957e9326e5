#!/bin/sh
# SPDX-License-Identifier: MIT
# readings.sh READING: every macro compiles, without a warning, as C99, C11,
# C17 and C++17, with its long and with its short name; and leaves behind what
# that reading promises.  Exit 77: a compiler is missing.
set -eu
reading=$1
here=$(dirname "$0")
header=$HF_INCLUDE/holdfast/annotations.h
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

warnings="-Wall -Wextra -Wshadow -pedantic -Werror"
c_only="-Wstrict-prototypes -Wmissing-prototypes"
tsa="-Wthread-safety -Wthread-safety-beta"

fail() { echo "FAIL: $*" >&2; exit 1; }
need() {
    command -v "$1" >/dev/null 2>&1 && return
    echo "SKIP: no compiler '$1'" >&2
    exit 77
}

# all_macros.c as it is, and the same with every short name in its place.
cp "$here/all_macros.c" "$tmp/long.c"
sed -n 's/^#define \([A-Za-z0-9_]*\) \(HF_[A-Z0-9_]*[A-Z0-9]\)$/s,\\<\2\\>,\1,g/p' \
    "$header" | sort -r >"$tmp/short.sed"
{ echo '#define HOLDFAST_SHORT_NAMES'; sed -f "$tmp/short.sed" "$tmp/long.c"; } \
    >"$tmp/short.c"
for macro in $("$here/macros.sh" "$header"); do
    name=${macro%()}
    # Set, not used, by programs.
    case $name in HF_RCU_TOKEN|HF_GRAPH_LOCK|HF_GLOBAL_STATE_CAP) continue;; esac
    grep -q "\\<$name\\>" "$tmp/long.c" || fail "all_macros.c never uses $name"
    if grep -q "\\<$name\\>" "$tmp/short.c"; then
        fail "$name has no short name"
    fi
done

# compile CC FLAG...: in each language
compile_c() {
    for std in c99 c11 gnu11 c17; do
        for file in long short; do
            "$@" -std=$std $warnings $c_only -I"$HF_INCLUDE" \
                -c "$tmp/$file.c" -o "$tmp/$file.o" || fail "$* -std=$std $file"
        done
    done
}
compile_cxx() {
    for std in c++11 c++17; do
        for file in long short; do
            "$@" -x c++ -std=$std $warnings -I"$HF_INCLUDE" \
                -c "$tmp/$file.c" -o "$tmp/$file.o" || fail "$* -std=$std $file"
        done
    done
}

# What an unannotated program compiles to, byte for byte.
same_as_unannotated() {
    "$here/macros.sh" "$header" |
        sed 's/^\(.*\)()$/#define \1(...)/; t; s/^/#define /' \
        >"$tmp/no_annotations.h"
    "$@" -O1 -w -I"$tmp" -DNO_ANNOTATIONS -c "$tmp/long.c" -o "$tmp/without.o"
    "$@" -O1 -w -I"$HF_INCLUDE" -c "$tmp/long.c" -o "$tmp/with.o"
    strip "$tmp/without.o" "$tmp/with.o"
    cmp "$tmp/without.o" "$tmp/with.o" || fail "$*: annotations leave code"
}

# Strings and marks in the syntax tree against the comments of all_macros.c.
holdfast_strings() {
    "$HF_CLANG" -w -std=c99 -D__HOLDFAST__ -I"$HF_INCLUDE" -fsyntax-only \
        -Xclang -ast-dump "$tmp/$1.c" >"$tmp/ast"
    {
        sed -n 's/.*AnnotateAttr .*> "\(hf:.*\)"$/\1/p' "$tmp/ast"
        sed -n "s/.*DeclRefExpr.* Function 0x[0-9a-f]* '\(hf_mark_[a-z_]*\)'.*/hf:\1/p" \
            "$tmp/ast"
    } | LC_ALL=C sort >"$tmp/seen"
    {
        sed -n 's,.*/\* \(hf:.*\) \*/.*,\1,p' "$tmp/long.c"
        # The header's own.
        echo hf:capability:token
        echo hf:capability:role
        echo hf:token:hf_global_state
        echo hf:token:hf_rcu_read
    } | LC_ALL=C sort >"$tmp/expected"
    diff -u "$tmp/expected" "$tmp/seen" || fail "strings of the $1 names"
}

case $reading in
plain)
    need "$HF_GCC"
    compile_c "$HF_GCC"
    same_as_unannotated "$HF_GCC"
    ;;
plain_cxx)
    need "$HF_GXX"
    compile_cxx "$HF_GXX"
    same_as_unannotated "$HF_GXX" -x c++
    ;;
tsa)
    need "$HF_CLANG"
    compile_c "$HF_CLANG" $tsa
    same_as_unannotated "$HF_CLANG"
    compile_c "$HF_CLANG" -DHOLDFAST_NO_TSA
    ;;
tsa_cxx)
    need "$HF_CLANGXX"
    compile_cxx "$HF_CLANGXX" $tsa
    same_as_unannotated "$HF_CLANGXX" -x c++
    ;;
debug)
    need "$HF_GCC"
    need "$HF_GXX"
    need "$HF_CLANG"
    compile_c "$HF_GCC" -DHOLDFAST_DEBUG_CHECKS
    compile_cxx "$HF_GXX" -DHOLDFAST_DEBUG_CHECKS
    compile_c "$HF_CLANG" $tsa -DHOLDFAST_DEBUG_CHECKS
    ;;
holdfast)
    need "$HF_CLANG"
    need "$HF_CLANGXX"
    compile_c "$HF_CLANG" -D__HOLDFAST__
    compile_cxx "$HF_CLANGXX" -D__HOLDFAST__
    holdfast_strings long
    holdfast_strings short
    ;;
sparse)
    need "$HF_SPARSE"
    for file in long short; do
        "$HF_SPARSE" -Wall -I"$HF_INCLUDE" "$tmp/$file.c" >"$tmp/out" 2>&1 ||
            fail "sparse $file: $(cat "$tmp/out")"
        [ ! -s "$tmp/out" ] || fail "sparse $file: $(cat "$tmp/out")"
    done
    ;;
*)
    fail "unknown reading '$reading'"
    ;;
esac
