/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A pointer is kept over a gap in which its object may be freed. */
#include <pthread.h>
#include <stdlib.h>

struct session {
    int hits;
    int refs;
};

struct server {
    pthread_mutex_t lock;
    struct session *current;
};

void slow_work(void);

void session_hit(struct server *s)
{
    struct session *cur;

    pthread_mutex_lock(&s->lock);
    cur = s->current;
    if (!cur) {
        pthread_mutex_unlock(&s->lock);
        return;
    }
    pthread_mutex_unlock(&s->lock);
    slow_work();
    pthread_mutex_lock(&s->lock);
    cur->hits++; // expect: STALE_CHECK
    pthread_mutex_unlock(&s->lock);
}

static void session_count(struct session *one)
{
    one->hits++;
}

/* handed to a function that follows it */
void session_hit_helper(struct server *s)
{
    struct session *cur;

    pthread_mutex_lock(&s->lock);
    cur = s->current;
    pthread_mutex_unlock(&s->lock);
    slow_work();
    pthread_mutex_lock(&s->lock);
    if (cur) {
        session_count(cur); // expect: STALE_CHECK
    }
    pthread_mutex_unlock(&s->lock);
}

void session_close(struct server *s)
{
    struct session *cur;

    pthread_mutex_lock(&s->lock);
    cur = s->current;
    s->current = NULL;
    free(cur);
    pthread_mutex_unlock(&s->lock);
}

/* a reference keeps it alive */
void session_hit_counted(struct server *s)
{
    struct session *cur;

    pthread_mutex_lock(&s->lock);
    cur = s->current;
    cur->refs++;
    pthread_mutex_unlock(&s->lock);
    slow_work();
    pthread_mutex_lock(&s->lock);
    cur->hits++;
    cur->refs--;
    pthread_mutex_unlock(&s->lock);
}
