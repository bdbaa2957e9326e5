/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Error paths that forget the lock. */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

struct Pool {
    pthread_mutex_t lock;
    char *pages[8];
    int used;
    int closed;
};

int pool_get(struct Pool *p, char **out)
{
    pthread_mutex_lock(&p->lock);
    if (p->closed) {
        return -1; // expect: LOCK
    }
    if (p->used == 8) {
        pthread_mutex_unlock(&p->lock);
        return -2;
    }
    *out = p->pages[p->used++];
    pthread_mutex_unlock(&p->lock);
    return 0;
}

/* Each way out that forgets it is told. */
char *pool_peek(struct Pool *p, int n)
{
    char *page;

    pthread_mutex_lock(&p->lock);
    if (n < 0) {
        return NULL; // expect: LOCK
    }
    if (n >= p->used) {
        return NULL; // expect: LOCK
    }
    page = p->pages[n];
    pthread_mutex_unlock(&p->lock);
    return page;
}

void pool_put(struct Pool *p, char *page)
{
    pthread_mutex_lock(&p->lock);
    if (page == NULL || p->used == 0) {
        return; // expect: LOCK
    }
    p->pages[--p->used] = page;
    pthread_mutex_unlock(&p->lock);
}

/* The end of the body is a way out, too. */
void pool_close(struct Pool *p)
{
    pthread_mutex_lock(&p->lock);
    if (!p->closed) {
        p->closed = 1;
        pthread_mutex_unlock(&p->lock);
    }
} // expect: LOCK

/* One unlock for two locks. */
int pool_move(struct Pool *from, struct Pool *to)
{
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);
    if (from->used == 0 || to->used == 8) {
        pthread_mutex_unlock(&to->lock);
        return -1; // expect: LOCK
    }
    to->pages[to->used++] = from->pages[--from->used];
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
    return 0;
}

/* A goto that skips the label with the unlock. */
int pool_grow(struct Pool *p, int n)
{
    int ret = -1;

    pthread_mutex_lock(&p->lock);
    if (p->used + n > 8) {
        goto fail;
    }
    while (n-- > 0) {
        char *page = malloc(4096);

        if (!page) {
            goto out;
        }
        p->pages[p->used++] = page;
    }
    ret = 0;
out:
    pthread_mutex_unlock(&p->lock);
fail:
    return ret; // expect: LOCK
}
