/* SPDX-License-Identifier: MIT */
#include "../locks.h"

int good_access(Stream *s);
int good_access(Stream *s)
{
    ASSERT_HELD_SHARED(&s->lock);
    return s->fd;
}

void warn_access(Stream *s);
void warn_access(Stream *s)
{
    ASSERT_HELD_SHARED(&s->lock);
    s->fd = 1; /* expect: writing variable 'fd' requires holding mutex '&Stream::lock' exclusively */
}
