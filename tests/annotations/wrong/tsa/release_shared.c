/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void end(Stream *s) RELEASE_SHARED(&s->lock);

void warn_mode(Stream *s);
void warn_mode(Stream *s)
{
    lock(&s->lock);
    end(s); /* expect: releasing mutex 's->lock' using shared access, expected exclusive access */
}
