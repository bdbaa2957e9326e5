/* SPDX-License-Identifier: MIT */
#include "../locks.h"

extern Mutex inner;
extern Mutex outer ACQUIRED_BEFORE(inner);

void good_order(void);
void good_order(void)
{
    lock(&outer);
    lock(&inner);
    unlock(&inner);
    unlock(&outer);
}

void warn_order(void);
void warn_order(void)
{
    lock(&inner);
    lock(&outer); /* expect: mutex 'outer' must be acquired before 'inner' */
    unlock(&outer);
    unlock(&inner);
}
