/* SPDX-License-Identifier: MIT */
#include "../locks.h"

/* 0 is success here. */
int try_rdlock(Mutex *m) TRY_ACQUIRE_SHARED(0, m);

int good_try(Stream *s);
int good_try(Stream *s)
{
    int fd = -1;

    if (!try_rdlock(&s->lock)) {
        fd = s->fd;
        rdunlock(&s->lock);
    }
    return fd;
}

void warn_try(Stream *s);
void warn_try(Stream *s)
{
    if (try_rdlock(&s->lock)) {
        rdunlock(&s->lock); /* expect: releasing mutex 's->lock' that was not held */
    }
} /* expect: mutex 's->lock' is not held on every path through here */
