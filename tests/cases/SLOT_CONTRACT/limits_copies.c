/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not seen: a function stored by copying raw memory. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <string.h>

struct source {
    pthread_mutex_t lock;
    int n;
};

typedef void (*ChangeFn)(struct source *s);

struct operations {
    HF_SLOT(HF_EXCLUDES(&s->lock)) ChangeFn change;
};

static void HF_REQUIRES(&s->lock) grow(struct source *s)
{
    s->n++;
}

void fill(struct operations *o)
{
    ChangeFn fn = grow;

    memcpy(&o->change, &fn, sizeof(fn)); // known-limit: SLOT_CONTRACT
}
