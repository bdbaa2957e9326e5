/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void good_body(Stream *s) RELEASE_SHARED(&s->lock);
void good_body(Stream *s) RELEASE_SHARED(&s->lock)
{
    rdunlock(&s->lock);
}

void warn_body(Stream *s) RELEASE_SHARED(&s->lock);
void warn_body(Stream *s) RELEASE_SHARED(&s->lock) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
}

void warn_call(Stream *s);
void warn_call(Stream *s) /* expect: context imbalance in 'warn_call' - unexpected unlock */
{
    good_body(s);
}
