/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Guarded data: modes, failed attempts, waits, early ways out. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdlib.h>

struct routes {
    pthread_rwlock_t lock;
    int count HF_GUARDED_BY(&lock);
};

struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    int mails HF_GUARDED_BY(&lock);
    int lost HF_GUARDED_BY(&lock);
};

int forgets_a_way_out(struct inbox *b, int quick)
{
    int n;

    if (quick) {
        return b->mails; // expect: GUARDED_BY
    }
    pthread_mutex_lock(&b->lock);
    n = b->mails;
    pthread_mutex_unlock(&b->lock);
    return n;
}

/* the attempt failed, and it goes on */
void counts_after_failure(struct inbox *b)
{
    if (pthread_mutex_trylock(&b->lock) != 0) {
        b->lost++; // expect: GUARDED_BY
        return;
    }
    b->mails++;
    pthread_mutex_unlock(&b->lock);
}

int in_a_loop(struct inbox *b)
{
    int sum = 0;

    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&b->lock);
        sum += b->mails;
        pthread_mutex_unlock(&b->lock);
        sum += b->lost; // expect: GUARDED_BY
    }
    return sum;
}

static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

int another_lock(struct inbox *b)
{
    int n;

    pthread_mutex_lock(&other);
    n = b->mails; // expect: GUARDED_BY
    pthread_mutex_unlock(&other);
    return n;
}

/* only to read */
void writes_as_reader(struct routes *r)
{
    pthread_rwlock_rdlock(&r->lock);
    r->count++; // expect: GUARDED_BY
    pthread_rwlock_unlock(&r->lock);
}

static void *receiver(void *opaque)
{
    struct inbox *b = opaque;

    b->mails++; // expect: GUARDED_BY
    return NULL;
}

/* the lock is its own, not that of the thread it starts */
int starts_receiver(struct inbox *b, pthread_t *t)
{
    int err;

    pthread_mutex_lock(&b->lock);
    b->mails = 0;
    err = pthread_create(t, NULL, receiver, b);
    pthread_mutex_unlock(&b->lock);
    return err;
}
