/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What is not seen, because the lock has no name that stays the same. */
#include <pthread.h>

struct Row {
    pthread_mutex_t lock;
    int value;
};

/* Which element it is nobody knows. */
void row_twice(struct Row *rows, int i)
{
    pthread_mutex_lock(&rows[i].lock);
    pthread_mutex_lock(&rows[i].lock); // known-limit: LOCK
    rows[i].value++;
    pthread_mutex_unlock(&rows[i].lock);
}

/* Through a function pointer with more than one function behind it. */
struct Ops {
    int (*get)(struct Row *r);
};

static int get_locked(struct Row *r)
{
    int value;

    pthread_mutex_lock(&r->lock);
    value = r->value;
    pthread_mutex_unlock(&r->lock);
    return value;
}

static int get_plain(struct Row *r)
{
    return r->value & 1;
}

const struct Ops ops[] = { { get_locked }, { get_plain } };

void row_get(struct Row *r, const struct Ops *o)
{
    pthread_mutex_lock(&r->lock);
    r->value = o->get(r); // expect: LOCK
    pthread_mutex_unlock(&r->lock);
}
