/* SPDX-License-Identifier: MIT */
// profile: pthread
/* It is freed on one of the ways only: on the others it lives on. */
#include <pthread.h>
#include <stdlib.h>

struct link {
    pthread_mutex_t lock;
    int fd;
};

void link_put(struct link *l, int last)
{
    if (l->fd >= 0) { // expect: MISSING_LOCK
        if (last) {
            free(l);
        }
    }
}

void link_set(struct link *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    l->fd = fd;
    pthread_mutex_unlock(&l->lock);
}

int link_take(struct link *l)
{
    int fd;

    pthread_mutex_lock(&l->lock);
    fd = l->fd;
    l->fd = -1;
    pthread_mutex_unlock(&l->lock);
    return fd;
}
