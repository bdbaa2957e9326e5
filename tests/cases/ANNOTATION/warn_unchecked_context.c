/* SPDX-License-Identifier: MIT */
// profile: qemu-common
/* All functions of the file check what their declarations say, but for one. */
#include "unchecked.h"

static int count;

static void change(int n)
{
    count += n;
}

void unit_a(void)
{
    GLOBAL_STATE_CODE();
    change(1);
}

void unit_b(void)
{
    GLOBAL_STATE_CODE();
    change(2);
}

void unit_c(void)
{
    GLOBAL_STATE_CODE();
    change(3);
}

void unit_d(void)
{
    GLOBAL_STATE_CODE();
    change(4);
}

void unit_forgotten(void) // expect: ANNOTATION
{
    change(5);
}

/* it changes nothing: others of its kind are not there to compare with */
int unit_count(void)
{
    return count;
}
