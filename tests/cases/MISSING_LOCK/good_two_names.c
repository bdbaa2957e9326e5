/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The callee gets the object and one of its members: the lock that the caller
 * holds is the object's under either name. */
#include <pthread.h>

struct iter {
    int at;
};

struct part {
    pthread_mutex_t lock;
    struct iter iter;
    int pending;
};

static int take(struct part *p, int n, struct iter *iter)
{
    iter->at += n;
    return p->pending ? p->pending-- : 0;
}

int part_take(struct part *p)
{
    int n;

    pthread_mutex_lock(&p->lock);
    n = take(p, 1, &p->iter);
    pthread_mutex_unlock(&p->lock);
    return n;
}

void part_put(struct part *p)
{
    pthread_mutex_lock(&p->lock);
    p->pending++;
    pthread_mutex_unlock(&p->lock);
}

int part_pending(struct part *p)
{
    int n;

    pthread_mutex_lock(&p->lock);
    n = p->pending;
    pthread_mutex_unlock(&p->lock);
    return n;
}
