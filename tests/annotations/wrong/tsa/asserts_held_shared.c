/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void check(Stream *s) ASSERTS_HELD_SHARED(&s->lock);

int good_access(Stream *s);
int good_access(Stream *s)
{
    check(s);
    return s->fd;
}

void warn_access(Stream *s);
void warn_access(Stream *s)
{
    check(s);
    s->fd = 1; /* expect: writing variable 'fd' requires holding mutex '&Stream::lock' exclusively */
}
