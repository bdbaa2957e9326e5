/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void good_body(Stream *s) ACQUIRE_SHARED(&s->lock);
void good_body(Stream *s) ACQUIRE_SHARED(&s->lock)
{
    rdlock(&s->lock);
}

void warn_body(Stream *s) ACQUIRE_SHARED(&s->lock);
void warn_body(Stream *s) ACQUIRE_SHARED(&s->lock) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
}

void warn_call(Stream *s);
void warn_call(Stream *s) /* expect: context imbalance in 'warn_call' - wrong count at exit */
{
    good_body(s);
}

void warn_path(Stream *s, int c);
void warn_path(Stream *s, int c)
{
    good_body(s);
    if (c) { /* expect: context imbalance in 'warn_path' - different lock contexts for basic block */
        rdunlock(&s->lock);
    }
}
