/* SPDX-License-Identifier: MIT */
#include "../locks.h"

Mutex *stream_lock(Stream *s) RETURNS_LOCK(s->lock);

void good_access(Stream *s);
void good_access(Stream *s)
{
    lock(stream_lock(s));
    s->fd = 1;
    unlock(&s->lock);
}

void warn_access(Stream *s);
void warn_access(Stream *s)
{
    lock(stream_lock(s));
} /* expect: mutex 's->lock' is still held at the end of function */
