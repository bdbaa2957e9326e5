/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Locks taken against their declared order. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t big_lock HF_LOCK_RANK(10) = PTHREAD_MUTEX_INITIALIZER;

struct File {
    pthread_mutex_t lock HF_LOCK_RANK(20);
    pthread_mutex_t log HF_LOCK_RANK(30);
    struct File *next;
    int n;
};

void file_down(struct File *f)
{
    pthread_mutex_lock(&f->lock);
    pthread_mutex_lock(&big_lock); // expect: LOCK_CONTRACT
    f->n++;
    pthread_mutex_unlock(&big_lock);
    pthread_mutex_unlock(&f->lock);
}

static void file_touch(struct File *f)
{
    pthread_mutex_lock(&f->lock);
    f->n++;
    pthread_mutex_unlock(&f->lock);
}

void file_log(struct File *f)
{
    pthread_mutex_lock(&f->log);
    file_touch(f); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&f->log);
}

/* Equal ranks have no order. */
void file_pair(struct File *f)
{
    pthread_mutex_lock(&f->lock);
    pthread_mutex_lock(&f->next->lock); // expect: LOCK_CONTRACT
    f->n = f->next->n;
    pthread_mutex_unlock(&f->next->lock);
    pthread_mutex_unlock(&f->lock);
}

static void HF_REQUIRES(&f->log) file_write_log(struct File *f)
{
    pthread_mutex_lock(&big_lock); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&big_lock);
}

void file_flush(struct File *f)
{
    pthread_mutex_lock(&f->log);
    file_write_log(f); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&f->log);
}

struct Pair {
    pthread_mutex_t second;
    pthread_mutex_t first HF_ACQUIRED_BEFORE(&second);
    pthread_mutex_t third HF_ACQUIRED_AFTER(&second);
    int n;
};

void pair_wrong(struct Pair *p)
{
    pthread_mutex_lock(&p->second);
    pthread_mutex_lock(&p->first); // expect: LOCK_CONTRACT
    p->n++;
    pthread_mutex_unlock(&p->first);
    pthread_mutex_unlock(&p->second);
}

void pair_wrong_too(struct Pair *p)
{
    pthread_mutex_lock(&p->third);
    pthread_mutex_lock(&p->second); // expect: LOCK_CONTRACT
    p->n++;
    pthread_mutex_unlock(&p->second);
    pthread_mutex_unlock(&p->third);
}
