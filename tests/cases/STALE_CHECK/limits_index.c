/* SPDX-License-Identifier: MIT */
// profile: pthread
#include <pthread.h>

struct ring {
    pthread_mutex_t lock;
    int slots[16];
    int head;
};

void pause_a_while(void);

/* which element an index chooses is not followed */
void ring_put(struct ring *r, int value)
{
    int at;

    pthread_mutex_lock(&r->lock);
    at = r->head;
    pthread_mutex_unlock(&r->lock);
    pause_a_while();
    pthread_mutex_lock(&r->lock);
    r->slots[at] = value; // known-limit: STALE_CHECK
    pthread_mutex_unlock(&r->lock);
}

void ring_advance(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->head = (r->head + 1) % 16;
    pthread_mutex_unlock(&r->lock);
}

/* nor what a value that is no constant adds */
void ring_skip(struct ring *r, int n)
{
    int at;

    pthread_mutex_lock(&r->lock);
    at = r->head;
    pthread_mutex_unlock(&r->lock);
    pause_a_while();
    pthread_mutex_lock(&r->lock);
    r->head = at + n; // known-limit: STALE_CHECK
    pthread_mutex_unlock(&r->lock);
}
