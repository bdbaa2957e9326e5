/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The lock of another object of that kind does not count. */
#include <pthread.h>

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

void acct_sub(struct acct *a, long n)
{
    pthread_mutex_lock(&a->lock);
    a->balance -= n;
    pthread_mutex_unlock(&a->lock);
}

void acct_move(struct acct *from, struct acct *to, long n)
{
    pthread_mutex_lock(&from->lock);
    from->balance -= n;
    to->balance += n; // expect: MISSING_LOCK
    pthread_mutex_unlock(&from->lock);
}

void acct_up(struct acct *a, long n)
{
    pthread_mutex_lock(&a->lock);
    a->parent->balance += n; // expect: MISSING_LOCK
    pthread_mutex_unlock(&a->lock);
}
