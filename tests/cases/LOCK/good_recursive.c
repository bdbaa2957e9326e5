/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Locks that may be taken again, and functions that call themselves. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>

struct Tree {
    pthread_mutex_t lock; /* recursive */
    struct Tree *left;
    struct Tree *right;
    int size;
};

static void mutex_init_recursive(pthread_mutex_t *m)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(m, &attr);
    pthread_mutexattr_destroy(&attr);
}

void tree_init(struct Tree *t)
{
    mutex_init_recursive(&t->lock);
}

int tree_size(struct Tree *t)
{
    int size;

    pthread_mutex_lock(&t->lock);
    size = t->size;
    pthread_mutex_unlock(&t->lock);
    return size;
}

void tree_grow(struct Tree *t)
{
    pthread_mutex_lock(&t->lock);
    pthread_mutex_lock(&t->lock);
    t->size = tree_size(t) + 1;
    pthread_mutex_unlock(&t->lock);
    pthread_mutex_unlock(&t->lock);
}

struct Leaf {
    pthread_mutex_t lock;
    struct Leaf *next;
    int value;
};

/* It calls itself, each time with another object. */
int leaf_sum(struct Leaf *l)
{
    int sum;

    if (!l) {
        return 0;
    }
    pthread_mutex_lock(&l->lock);
    sum = l->value + leaf_sum(l->next);
    pthread_mutex_unlock(&l->lock);
    return sum;
}

/* It calls itself with the lock given back. */
void leaf_retry(struct Leaf *l, int tries)
{
    pthread_mutex_lock(&l->lock);
    if (l->value == 0 && tries > 0) {
        pthread_mutex_unlock(&l->lock);
        leaf_retry(l, tries - 1);
        return;
    }
    l->value--;
    pthread_mutex_unlock(&l->lock);
}
