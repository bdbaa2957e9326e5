/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void NO_TSA good_reset(Stream *s);
void good_reset(Stream *s)
{
    s->fd = 0;
}

void warn_reset(Stream *s);
void warn_reset(Stream *s)
{
    s->fd = 0; /* expect: writing variable 'fd' requires holding mutex */
}
