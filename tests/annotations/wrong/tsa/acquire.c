/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void begin(Stream *s) ACQUIRE(&s->lock);

void warn_body(Stream *s) ACQUIRE(&s->lock);
void warn_body(Stream *s)
{
} /* expect: expecting mutex 's->lock' to be held at the end of function */

void warn_twice(Stream *s);
void warn_twice(Stream *s)
{
    begin(s);
    begin(s); /* expect: acquiring mutex 's->lock' that is already held */
} /* expect: mutex 's->lock' is still held at the end of function */

void warn_path(Stream *s, int c);
void warn_path(Stream *s, int c)
{
    begin(s);
    if (c) {
        return;
    }
    unlock(&s->lock);
} /* expect: mutex 's->lock' is not held on every path through here */
