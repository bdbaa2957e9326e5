/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Everything that makes it right to go on after the lock was given back. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct cache {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *data;
    int generation;
    int entries;
    int limit;
    bool loading;
    bool closed;
};

char *load(void);

/* asked again under the lock */
char *cache_get(struct cache *c)
{
    char *data;

    pthread_mutex_lock(&c->lock);
    if (!c->data) {
        pthread_mutex_unlock(&c->lock);
        data = load();
        pthread_mutex_lock(&c->lock);
        if (!c->data) {
            c->data = data;
        } else {
            free(data);
        }
    }
    data = c->data;
    pthread_mutex_unlock(&c->lock);
    return data;
}

/* the condition of the loop is asked again after every wait */
char *cache_wait(struct cache *c)
{
    char *data;

    pthread_mutex_lock(&c->lock);
    while (!c->data) {
        pthread_cond_wait(&c->changed, &c->lock);
    }
    data = c->data;
    c->data = NULL;
    pthread_mutex_unlock(&c->lock);
    return data;
}

/* starts over when something changed */
void cache_fill(struct cache *c)
{
    char *data;

again:
    pthread_mutex_lock(&c->lock);
    if (c->entries >= c->limit) {
        pthread_mutex_unlock(&c->lock);
        data = load();
        free(data);
        goto again;
    }
    c->entries++;
    pthread_mutex_unlock(&c->lock);
}

void cache_empty(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->entries = 0;
    c->generation++;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* the flag says that it is its own: it was set before the gap */
void cache_close(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->closed) {
        pthread_mutex_unlock(&c->lock);
        return;
    }
    c->closed = true;
    pthread_mutex_unlock(&c->lock);
    free(load());
    pthread_mutex_lock(&c->lock);
    c->closed = false;
    pthread_mutex_unlock(&c->lock);
}

/* taken out under the lock: nobody else finds it */
void cache_drop(struct cache *c)
{
    char *data;

    pthread_mutex_lock(&c->lock);
    data = c->data;
    c->data = NULL;
    pthread_mutex_unlock(&c->lock);
    free(data);
    pthread_mutex_lock(&c->lock);
    c->entries--;
    pthread_mutex_unlock(&c->lock);
}

/* printing an old value does no harm */
void cache_report(struct cache *c)
{
    int entries;

    pthread_mutex_lock(&c->lock);
    entries = c->entries;
    pthread_mutex_unlock(&c->lock);
    free(load());
    pthread_mutex_lock(&c->lock);
    printf("%d of %d\n", entries, c->limit);
    pthread_mutex_unlock(&c->lock);
}

/* the outer lock is held all the while, and wherever it is written */
static pthread_mutex_t config_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t value_lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

void config_set(int n)
{
    int old;

    pthread_mutex_lock(&config_lock);
    pthread_mutex_lock(&value_lock);
    old = value;
    pthread_mutex_unlock(&value_lock);
    n += atoi(load());
    pthread_mutex_lock(&value_lock);
    value = old + n;
    pthread_mutex_unlock(&value_lock);
    pthread_mutex_unlock(&config_lock);
}

int config_get(void)
{
    int n;

    pthread_mutex_lock(&value_lock);
    n = value;
    pthread_mutex_unlock(&value_lock);
    return n;
}
