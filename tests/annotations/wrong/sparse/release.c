/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void good_body(Stream *s) RELEASE(&s->lock);
void good_body(Stream *s) RELEASE(&s->lock)
{
    unlock(&s->lock);
}

void warn_body(Stream *s) RELEASE(&s->lock);
void warn_body(Stream *s) RELEASE(&s->lock) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
}

void warn_call(Stream *s);
void warn_call(Stream *s) /* expect: context imbalance in 'warn_call' - unexpected unlock */
{
    good_body(s);
}
