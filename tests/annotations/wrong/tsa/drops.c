/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void wait_for(Stream *s) DROPS(&s->lock);

void good_call(Stream *s);
void good_call(Stream *s)
{
    lock(&s->lock);
    wait_for(s);
    s->fd = 1;
    unlock(&s->lock);
}

void warn_call(Stream *s);
void warn_call(Stream *s)
{
    wait_for(s); /* expect: calling function 'wait_for' requires holding mutex 's->lock' */
}
