/* SPDX-License-Identifier: MIT */
#include "../locks.h"

/* sparse holds the body to it; it does not ask callers for the lock. */
void good_body(Stream *s) REQUIRES(&s->lock);
void good_body(Stream *s) REQUIRES(&s->lock)
{
    unlock(&s->lock);
    lock(&s->lock);
}

void warn_body(Stream *s) REQUIRES(&s->lock);
void warn_body(Stream *s) REQUIRES(&s->lock) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
    unlock(&s->lock);
}

void warn_two(Stream *s) REQUIRES(&s->lock, &other_lock);
void warn_two(Stream *s) REQUIRES(&s->lock, &other_lock) /* expect: context imbalance in 'warn_two' - unexpected unlock */
{
    unlock(&s->lock);
    unlock(&other_lock);
    unlock(&other_lock);
}
