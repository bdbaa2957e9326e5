/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What looks like a missing lock and is none: modes, attempts, conventions. */
#include <pthread.h>
#include <stddef.h>

struct routes {
    pthread_rwlock_t lock;
    int count;
    int peak;
};

static void routes_note(struct routes *r)
{
    if (r->count > r->peak) {
        r->peak = r->count;
    }
}

void routes_add(struct routes *r)
{
    pthread_rwlock_wrlock(&r->lock);
    r->count++;
    routes_note(r);
    pthread_rwlock_unlock(&r->lock);
}

void routes_set(struct routes *r, int n)
{
    pthread_rwlock_wrlock(&r->lock);
    r->count = n;
    routes_note(r);
    pthread_rwlock_unlock(&r->lock);
}

int routes_count(struct routes *r)
{
    int n;

    pthread_rwlock_rdlock(&r->lock);
    n = r->count;
    pthread_rwlock_unlock(&r->lock);
    return n;
}

int routes_attempt(struct routes *r)
{
    int n = -1;

    if (pthread_rwlock_tryrdlock(&r->lock) == 0) {
        n = r->count;
        pthread_rwlock_unlock(&r->lock);
    }
    return n;
}

/* two objects of a kind, each with its own lock held */
void routes_move(struct routes *from, struct routes *to)
{
    pthread_rwlock_wrlock(&from->lock);
    pthread_rwlock_wrlock(&to->lock);
    to->count += from->count;
    from->count = 0;
    pthread_rwlock_unlock(&to->lock);
    pthread_rwlock_unlock(&from->lock);
}

/* nobody else can have it */
int routes_on_stack(void)
{
    struct routes r = { .count = 0 };

    r.count++;
    r.peak = 1;
    return r.count + r.peak;
}

/* never under any lock: none is meant */
struct stats {
    pthread_mutex_t lock;
    int queued;
    long owner_only;
};

void stats_queue(struct stats *s)
{
    s->owner_only++;
    pthread_mutex_lock(&s->lock);
    s->queued++;
    pthread_mutex_unlock(&s->lock);
    s->owner_only++;
}

long stats_owner(struct stats *s)
{
    return s->owner_only;
}

/* a wait gives it back and takes it again */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int open;
};

void gate_pass(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    while (!g->open) {
        pthread_cond_wait(&g->moved, &g->lock);
    }
    g->open--;
    pthread_mutex_unlock(&g->lock);
}

void gate_open(struct gate *g, int n)
{
    pthread_mutex_lock(&g->lock);
    g->open += n;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}
