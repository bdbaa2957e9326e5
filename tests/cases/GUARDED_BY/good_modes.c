/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Guarded data: modes, attempts, waits, objects nobody else has yet. */
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

int reads_as_reader(struct routes *r)
{
    int n;

    pthread_rwlock_rdlock(&r->lock);
    n = r->count;
    pthread_rwlock_unlock(&r->lock);
    return n;
}

void writes_as_writer(struct routes *r)
{
    pthread_rwlock_wrlock(&r->lock);
    r->count++;
    pthread_rwlock_unlock(&r->lock);
}

int waits(struct inbox *b)
{
    int n;

    pthread_mutex_lock(&b->lock);
    while (!b->mails) {
        pthread_cond_wait(&b->arrived, &b->lock);
    }
    n = b->mails--;
    pthread_mutex_unlock(&b->lock);
    return n;
}

int attempt(struct inbox *b)
{
    int n = -1;

    if (pthread_mutex_trylock(&b->lock) == 0) {
        n = b->mails;
        pthread_mutex_unlock(&b->lock);
    }
    return n;
}

int many_ways_out(struct inbox *b, int max)
{
    int err = -1;

    pthread_mutex_lock(&b->lock);
    if (b->mails > max) {
        b->lost++;
        goto out;
    }
    b->mails++;
    err = 0;
out:
    pthread_mutex_unlock(&b->lock);
    return err;
}

struct inbox *makes(void)
{
    struct inbox *b = calloc(1, sizeof(*b));

    if (!b) {
        return NULL;
    }
    b->mails = 1;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->arrived, NULL);
    return b;
}

static void *receiver(void *opaque)
{
    struct inbox *b = opaque;

    pthread_mutex_lock(&b->lock);
    b->mails++;
    pthread_cond_signal(&b->arrived);
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

int starts_receiver(struct inbox *b, pthread_t *t)
{
    return pthread_create(t, NULL, receiver, b);
}

/* the address is no access */
int *where(struct inbox *b)
{
    return &b->mails;
}
