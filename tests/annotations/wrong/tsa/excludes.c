/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void close_stream(Stream *s) EXCLUDES(&s->lock);

void good_call(Stream *s);
void good_call(Stream *s)
{
    close_stream(s);
}

void warn_call(Stream *s);
void warn_call(Stream *s)
{
    lock(&s->lock);
    close_stream(s); /* expect: cannot call function 'close_stream' while mutex 's->lock' is held */
    unlock(&s->lock);
}
