/* SPDX-License-Identifier: MIT */
/* Header functions are lowered when something refers to them. */
#include "header.h"

int (*taken)(struct used *) = by_value;

static int unreferenced_static(void)
{
    return 1;
}

int entry(struct used *u)
{
    table[0]();
    return first(u) + sizeof(unused_function((void *)0));
}
