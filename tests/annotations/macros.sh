#!/bin/sh
# SPDX-License-Identifier: MIT
# The public macros of the header, one a line; those that take arguments end
# in "()".  Internal ones (trailing _), the guard and short names are left out.
sed -n 's/^#define \(HF_[A-Za-z0-9_]*\)\([( ].*\)\{0,1\}$/\1\2/p' "$1" |
    sed 's/(.*/()/; s/ .*//' | grep -v '_\(()\)\{0,1\}$' | LC_ALL=C sort -u
