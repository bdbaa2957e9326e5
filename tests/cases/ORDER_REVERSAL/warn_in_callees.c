// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>

/* The second lock is taken some calls further down; a static helper wraps the
 * primitive. */

struct pool {
    pthread_mutex_t lock;
    int free;
};

struct session {
    pthread_mutex_t lock;
    struct pool *pool;
    int open;
};

static struct pool the_pool;
static struct session the_session;

static void enter(pthread_mutex_t *m)
{
    pthread_mutex_lock(m);
}

static void leave(pthread_mutex_t *m)
{
    pthread_mutex_unlock(m);
}

static void give_back(struct pool *p)
{
    enter(&p->lock);
    p->free++;
    leave(&p->lock);
}

static void close_one(struct session *s)
{
    s->open = 0;
    give_back(s->pool);
}

static void *client(void *opaque)
{
    struct session *s = opaque;

    pthread_mutex_lock(&s->lock);
    close_one(s); // expect: ORDER_REVERSAL
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void *reaper(void *opaque)
{
    struct pool *p = opaque;

    pthread_mutex_lock(&p->lock);
    if (p->free == 0) {
        pthread_mutex_lock(&the_session.lock);
        the_session.open = 0;
        pthread_mutex_unlock(&the_session.lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int main(void)
{
    pthread_t a, b;

    the_session.pool = &the_pool;
    pthread_create(&a, NULL, client, &the_session);
    pthread_create(&b, NULL, reaper, &the_pool);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
