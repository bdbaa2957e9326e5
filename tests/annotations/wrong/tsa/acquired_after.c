/* SPDX-License-Identifier: MIT */
#include "../locks.h"

extern Mutex outer;
extern Mutex inner ACQUIRED_AFTER(outer);

void warn_order(void);
void warn_order(void)
{
    lock(&inner);
    lock(&outer); /* expect: mutex 'outer' must be acquired before 'inner' */
    unlock(&outer);
    unlock(&inner);
}
