/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Several threads are started with the same object, or with objects of their
 * own that lead to one that they share. */
#include <pthread.h>
#include <stdlib.h>

struct server {
    pthread_mutex_t lock;
    int active;
};

static void server_begin(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    s->active++;
    pthread_mutex_unlock(&s->lock);
}

static void server_end(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    s->active--;
    pthread_mutex_unlock(&s->lock);
}

static void *server_main(void *opaque)
{
    struct server *s = opaque;

    server_begin(s);
    server_end(s);
    s->active = 0; // expect: MISSING_LOCK
    return NULL;
}

void server_run(void)
{
    struct server *s = calloc(1, sizeof(*s));
    pthread_t threads[4];

    pthread_mutex_init(&s->lock, NULL);
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, server_main, s);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    free(s);
}

struct total {
    pthread_mutex_t lock;
    long sum;
};

struct job {
    struct total *total;
    int from, to;
    long own;
};

static void total_add(struct total *t, long n)
{
    pthread_mutex_lock(&t->lock);
    t->sum += n;
    pthread_mutex_unlock(&t->lock);
}

static void total_clear(struct total *t)
{
    pthread_mutex_lock(&t->lock);
    t->sum = 0;
    pthread_mutex_unlock(&t->lock);
}

static void *job_main(void *opaque)
{
    struct job *j = opaque;

    for (int i = j->from; i < j->to; i++) {
        j->own += i;
        j->total->sum += i; // expect: MISSING_LOCK
    }
    total_add(j->total, j->own);
    return NULL;
}

void jobs_run(struct total *t)
{
    struct job jobs[4];
    pthread_t threads[4];

    total_clear(t);
    for (int i = 0; i < 4; i++) {
        jobs[i] = (struct job){ .total = t, .from = i, .to = 2 * i };
        pthread_create(&threads[i], NULL, job_main, &jobs[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
}
