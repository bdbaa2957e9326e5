/* SPDX-License-Identifier: MIT */
#define NOTE(s) __attribute__((annotate(s)))

int in_header(int a) NOTE("header declaration");
static inline int NOTE("inline") helper(int NOTE("helper's argument") a)
{
    return a;
}
