/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not seen: a contract behind a pointer that may be one of several functions,
 * none of which was declared on the pointer. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct table {
    pthread_mutex_t lock;
    int n;
};

struct operations {
    void (*change)(struct table *t);
};

static void HF_REQUIRES(&t->lock) grow(struct table *t)
{
    t->n++;
}

static void HF_REQUIRES(&t->lock) shrink(struct table *t)
{
    t->n--;
}

static const struct operations up = { .change = grow };
static const struct operations down = { .change = shrink };

void change(struct table *t, int by)
{
    const struct operations *o = by > 0 ? &up : &down;

    o->change(t); // known-limit: LOCK_CONTRACT
}
