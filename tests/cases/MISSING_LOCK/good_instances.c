/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Each object with its own lock, in whatever order they are taken. */
#include <pthread.h>
#include <stdint.h>

struct acct {
    pthread_mutex_t lock;
    long balance;
    struct acct *parent;
};

void acct_add(struct acct *a, long n)
{
    pthread_mutex_lock(&a->lock);
    a->balance += n;
    pthread_mutex_unlock(&a->lock);
}

long acct_get(struct acct *a)
{
    long n;

    pthread_mutex_lock(&a->lock);
    n = a->balance;
    pthread_mutex_unlock(&a->lock);
    return n;
}

void acct_move(struct acct *from, struct acct *to, long n)
{
    struct acct *first = (uintptr_t)from < (uintptr_t)to ? from : to;
    struct acct *second = first == from ? to : from;

    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    from->balance -= n;
    to->balance += n;
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
}

void acct_move_branch(struct acct *from, struct acct *to, long n)
{
    if ((uintptr_t)from < (uintptr_t)to) {
        pthread_mutex_lock(&from->lock);
        pthread_mutex_lock(&to->lock);
    } else {
        pthread_mutex_lock(&to->lock);
        pthread_mutex_lock(&from->lock);
    }
    from->balance -= n;
    to->balance += n;
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_unlock(&to->lock);
}

void acct_up(struct acct *a, long n)
{
    struct acct *p = a->parent;

    pthread_mutex_lock(&p->lock);
    p->balance += n;
    pthread_mutex_unlock(&p->lock);
}
