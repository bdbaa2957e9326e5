/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void flush(Stream *s) REQUIRES(&s->lock);

void good_access(Stream *s);
void good_access(Stream *s)
{
    ASSERT_HELD(&s->lock);
    s->fd = 1;
    flush(s);
}

/* Each assertion speaks for its own lock and its own function only. */
void good_global(void);
void good_global(void)
{
    ASSERT_HELD(&other_lock);
}

void warn_other(Stream *s, Stream *t);
void warn_other(Stream *s, Stream *t)
{
    ASSERT_HELD(&s->lock);
    flush(t); /* expect: calling function 'flush' requires holding mutex 't->lock' */
}
