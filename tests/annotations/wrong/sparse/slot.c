/* SPDX-License-Identifier: MIT */
#include "../locks.h"

/* A slot that takes the lock, called through its pointer. */
typedef struct Ops {
    void (*begin)(Stream *s) SLOT(ACQUIRE(&s->lock));
} Ops;

void good_call(const Ops *ops, Stream *s);
void good_call(const Ops *ops, Stream *s)
{
    ops->begin(s);
    unlock(&s->lock);
}

void warn_call(const Ops *ops, Stream *s);
void warn_call(const Ops *ops, Stream *s) /* expect: context imbalance in 'warn_call' - wrong count at exit */
{
    ops->begin(s);
}
