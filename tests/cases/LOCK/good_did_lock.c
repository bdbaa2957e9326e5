/* SPDX-License-Identifier: MIT */
// profile: pthread
/* "Did I lock?", said by a result, an out-parameter, a member, a bit. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

struct dev {
    pthread_mutex_t lock;
    pthread_t owner;
    int open;
    int n;
};

void work(struct dev *d);

static bool enter(struct dev *d)
{
    if (!d->open) {
        return false;
    }
    pthread_mutex_lock(&d->lock);
    return true;
}

void by_result(struct dev *d)
{
    bool locked = enter(d);

    work(d);
    if (locked) {
        pthread_mutex_unlock(&d->lock);
    }
}

void by_result_early(struct dev *d)
{
    if (!enter(d)) {
        return;
    }
    work(d);
    pthread_mutex_unlock(&d->lock);
}

/* an out-parameter */
static int enter_out(struct dev *d, bool *locked)
{
    *locked = false;
    if (d->open < 0) {
        return -1;
    }
    if (d->open) {
        pthread_mutex_lock(&d->lock);
        *locked = true;
    }
    return 0;
}

int by_out(struct dev *d)
{
    bool locked;
    int ret = enter_out(d, &locked);

    if (ret == 0) {
        work(d);
    }
    if (locked) {
        pthread_mutex_unlock(&d->lock);
    }
    return ret;
}

/* a member of a struct on the stack */
struct guard {
    struct dev *d;
    bool locked;
};

static void guard_enter(struct guard *g, struct dev *d)
{
    g->d = d;
    g->locked = false;
    if (d->open) {
        pthread_mutex_lock(&d->lock);
        g->locked = true;
    }
}

static void guard_leave(struct guard *g)
{
    if (g->locked) {
        pthread_mutex_unlock(&g->d->lock);
    }
}

void by_member(struct dev *d)
{
    struct guard g;

    guard_enter(&g, d);
    work(d);
    guard_leave(&g);
}

/* the lock itself, or nothing */
static pthread_mutex_t *enter_lock(struct dev *d)
{
    if (!d->open) {
        return NULL;
    }
    pthread_mutex_lock(&d->lock);
    return &d->lock;
}

void by_pointer(struct dev *d)
{
    pthread_mutex_t *held = enter_lock(d);

    work(d);
    if (held) {
        pthread_mutex_unlock(held);
    }
}

/* the object, locked, or nothing */
static struct dev *find_locked(struct dev **all, int n)
{
    for (int i = 0; i < n; i++) {
        pthread_mutex_lock(&all[i]->lock);
        if (all[i]->open) {
            return all[i];
        }
        pthread_mutex_unlock(&all[i]->lock);
    }
    return NULL;
}

int by_object(struct dev **all, int n)
{
    struct dev *d = find_locked(all, n);

    if (!d) {
        return -1;
    }
    work(d);
    pthread_mutex_unlock(&d->lock);
    return 0;
}

/* an object through an out-parameter */
static int get_locked(struct dev *from, struct dev **out)
{
    if (!from->open) {
        *out = NULL;
        return -1;
    }
    pthread_mutex_lock(&from->lock);
    *out = from;
    return 0;
}

int by_out_object(struct dev *from)
{
    struct dev *d;

    if (get_locked(from, &d) < 0) {
        return -1;
    }
    work(d);
    pthread_mutex_unlock(&d->lock);
    return 0;
}

/* a bit among others */
enum { DIRTY = 1, LOCKED = 2 };

int by_bit(struct dev *d)
{
    int state = 0;

    if (d->open) {
        pthread_mutex_lock(&d->lock);
        state |= LOCKED;
    }
    if (d->n) {
        state |= DIRTY;
    }
    work(d);
    if (state & LOCKED) {
        pthread_mutex_unlock(&d->lock);
    }
    return state & DIRTY;
}

/* negated, and through another name */
int by_other_name(struct dev *d, int flags)
{
    bool nolock = flags & 4;
    bool must = !nolock;
    int ret = 0;

    if (must) {
        pthread_mutex_lock(&d->lock);
    }
    if (d->n > 3) {
        ret = -1;
        goto out;
    }
    work(d);
out:
    if (!nolock) {
        pthread_mutex_unlock(&d->lock);
    }
    return ret;
}

/* two locks, counted */
int by_stage(struct dev *a, struct dev *b)
{
    int stage = 0, ret = -1;

    pthread_mutex_lock(&a->lock);
    stage = 1;
    if (a->n) {
        goto out;
    }
    pthread_mutex_lock(&b->lock);
    stage = 2;
    if (b->n) {
        goto out;
    }
    ret = 0;
out:
    switch (stage) {
    case 2:
        pthread_mutex_unlock(&b->lock);
        /* fall through */
    case 1:
        pthread_mutex_unlock(&a->lock);
        break;
    }
    return ret;
}

/* several kinds of failure, one of success */
static int link_prepare(struct dev *a, struct dev *b, int flags)
{
    pthread_mutex_lock(&a->lock);
    if (a->n) {
        goto a_busy;
    }
    pthread_mutex_lock(&b->lock);
    if (b->n) {
        goto b_busy;
    }
    if ((flags & 1) && a->open) {
        goto wrong;
    }
    return 0;

a_busy:
    pthread_mutex_unlock(&a->lock);
    return -1;
b_busy:
    pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&a->lock);
    return -2;
wrong:
    pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&a->lock);
    return -3;
}

int can_link(struct dev *a, struct dev *b)
{
    int result = link_prepare(a, b, 1);

    if (result != 0) {
        goto done;
    }
    pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&a->lock);
done:
    return result == 0;
}
