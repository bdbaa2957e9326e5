/* SPDX-License-Identifier: MIT */
#include "../locks.h"

int begin(Stream *s) ACQUIRE_SHARED(&s->lock);

int good_read(Stream *s);
int good_read(Stream *s)
{
    int fd;

    begin(s);
    fd = s->fd;
    rdunlock(&s->lock);
    return fd;
}

void warn_write(Stream *s);
void warn_write(Stream *s)
{
    begin(s);
    s->fd = 1; /* expect: writing variable 'fd' requires holding mutex '&Stream::lock' exclusively */
} /* expect: mutex 's->lock' is still held at the end of function */
