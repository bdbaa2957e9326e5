/* SPDX-License-Identifier: MIT */
#include "../locks.h"

extern char *text PT_GUARDED_BY(other_lock);

void good_access(void);
void good_access(void)
{
    text = 0;
    lock(&other_lock);
    *text = 'x';
    unlock(&other_lock);
}

void warn_access(void);
void warn_access(void)
{
    *text = 'x'; /* expect: writing the value pointed to by 'text' requires holding mutex 'other_lock' */
}
