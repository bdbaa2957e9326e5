/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void end(Stream *s) RELEASE(&s->lock);

void warn_call(Stream *s);
void warn_call(Stream *s)
{
    end(s); /* expect: releasing mutex 's->lock' that was not held */
}

void end(Stream *s)
{
    s->fd = 1;
} /* expect: mutex 's->lock' is still held at the end of function */
