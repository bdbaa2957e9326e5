/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void flush(Stream *s) REQUIRES(&s->lock, &other_lock);

void good_call(Stream *s);
void good_call(Stream *s)
{
    lock(&s->lock);
    lock(&other_lock);
    flush(s);
    unlock(&other_lock);
    unlock(&s->lock);
}

void warn_call(Stream *s, Stream *t);
void warn_call(Stream *s, Stream *t)
{
    lock(&s->lock);
    flush(s); /* expect: calling function 'flush' requires holding mutex 'other_lock' */
    lock(&other_lock);
    flush(t); /* expect: calling function 'flush' requires holding mutex 't->lock' */
    unlock(&other_lock);
    unlock(&s->lock);
}

void flush(Stream *s)
{
    s->fd = 1;
    unlock(&s->lock);
} /* expect: expecting mutex 's->lock' to be held at the end of function */
