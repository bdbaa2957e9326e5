/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void check(Stream *s) ASSERTS_HELD(&s->lock);

void good_access(Stream *s);
void good_access(Stream *s)
{
    check(s);
    s->fd = 1;
}

void warn_access(Stream *s, Mutex *m);
void warn_access(Stream *s, Mutex *m)
{
    s->fd = 1; /* expect: writing variable 'fd' requires holding mutex */
    check(s);
}
