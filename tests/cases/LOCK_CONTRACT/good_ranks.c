/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Locks taken in their declared order. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t big_lock HF_LOCK_RANK(10) = PTHREAD_MUTEX_INITIALIZER;

struct File {
    pthread_mutex_t lock HF_LOCK_RANK(20);
    pthread_mutex_t log HF_LOCK_RANK(30);
    pthread_mutex_t unranked;
    int n;
};

static void file_touch(struct File *f)
{
    pthread_mutex_lock(&f->log);
    f->n++;
    pthread_mutex_unlock(&f->log);
}

void file_up(struct File *f)
{
    pthread_mutex_lock(&big_lock);
    pthread_mutex_lock(&f->lock);
    file_touch(f);
    pthread_mutex_unlock(&f->lock);
    pthread_mutex_unlock(&big_lock);
}

/* One after the other. */
void file_one_by_one(struct File *f)
{
    pthread_mutex_lock(&f->log);
    pthread_mutex_unlock(&f->log);
    pthread_mutex_lock(&big_lock);
    pthread_mutex_unlock(&big_lock);
}

/* Trying cannot hang. */
void file_try(struct File *f)
{
    pthread_mutex_lock(&f->log);
    if (pthread_mutex_trylock(&f->lock) == 0) {
        f->n++;
        pthread_mutex_unlock(&f->lock);
    }
    pthread_mutex_unlock(&f->log);
}

void file_unranked(struct File *f)
{
    pthread_mutex_lock(&f->log);
    pthread_mutex_lock(&f->unranked);
    f->n++;
    pthread_mutex_unlock(&f->unranked);
    pthread_mutex_unlock(&f->log);
}

struct Pair {
    pthread_mutex_t second;
    pthread_mutex_t first HF_ACQUIRED_BEFORE(&second);
    int n;
};

void pair_right(struct Pair *p)
{
    pthread_mutex_lock(&p->first);
    pthread_mutex_lock(&p->second);
    p->n++;
    pthread_mutex_unlock(&p->second);
    pthread_mutex_unlock(&p->first);
}
