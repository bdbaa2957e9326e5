/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A program that declares one guard and one requirement owes no more. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct box {
    pthread_mutex_t lock;
    int a HF_GUARDED_BY(&lock);
};

struct other {
    pthread_mutex_t lock;
    int b;
};

static void said(struct box *x) HF_REQUIRES(&x->lock);
static void said(struct box *x)
{
    x->a++;
}

static void unsaid(struct box *x)
{
    x->a--;
}

static void unsaid_too(struct box *x)
{
    x->a = 0;
}

void box_cycle(struct box *x)
{
    pthread_mutex_lock(&x->lock);
    said(x);
    unsaid(x);
    unsaid_too(x);
    pthread_mutex_unlock(&x->lock);
}

void other_set(struct other *o, int b)
{
    pthread_mutex_lock(&o->lock);
    o->b = b;
    pthread_mutex_unlock(&o->lock);
}

int other_get(struct other *o)
{
    int b;

    pthread_mutex_lock(&o->lock);
    b = o->b;
    pthread_mutex_unlock(&o->lock);
    return b;
}
