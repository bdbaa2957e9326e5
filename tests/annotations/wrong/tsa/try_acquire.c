/* SPDX-License-Identifier: MIT */
#include "../locks.h"

int try_lock(Mutex *m) TRY_ACQUIRE(1, m);

void good_try(Stream *s);
void good_try(Stream *s)
{
    if (try_lock(&s->lock)) {
        s->fd = 1;
        unlock(&s->lock);
    }
}

void warn_try(Stream *s);
void warn_try(Stream *s)
{
    if (!try_lock(&s->lock)) {
        s->fd = 1; /* expect: writing variable 'fd' requires holding mutex */
    } else {
        unlock(&s->lock);
    }
}
