/* SPDX-License-Identifier: MIT */
#include "../locks.h"

int peek(Stream *s) REQUIRES_SHARED(&s->lock);

int good_call(Stream *s);
int good_call(Stream *s)
{
    int fd;

    rdlock(&s->lock);
    fd = peek(s);
    rdunlock(&s->lock);
    return fd;
}

int warn_call(Stream *s);
int warn_call(Stream *s)
{
    return peek(s); /* expect: calling function 'peek' requires holding mutex 's->lock' */
}

int peek(Stream *s)
{
    s->fd = 1; /* expect: writing variable 'fd' requires holding mutex '&Stream::lock' exclusively */
    return s->fd;
}
