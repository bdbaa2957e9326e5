#!/bin/sh
# SPDX-License-Identifier: MIT
# sanitize.sh SANITIZERS: the self-test under them.
. "$(dirname "$0")/build.sh"
need "$HF_GCC"
"$HF_GCC" $flags -g -O1 -fsanitize="$1" -fno-sanitize-recover=all \
    -DHOLDFAST_DEBUG_CHECKS $sources -o "$tmp/refvmm" \
    $libs || fail "does not build"
"$tmp/refvmm" --self-test
printf 'migrate 100\nquery-migrate\n' | "$tmp/refvmm"
