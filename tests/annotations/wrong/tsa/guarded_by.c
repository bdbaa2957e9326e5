/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void good_access(Stream *s);
void good_access(Stream *s)
{
    lock(&s->lock);
    s->fd = 1;
    unlock(&s->lock);
}

int warn_access(Stream *s);
int warn_access(Stream *s)
{
    s->fd = 1;    /* expect: writing variable 'fd' requires holding mutex */
    return s->fd; /* expect: reading variable 'fd' requires holding mutex */
}
