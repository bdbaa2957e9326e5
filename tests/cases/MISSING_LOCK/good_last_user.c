/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Whoever frees the object is the last to use it. */
#include <pthread.h>
#include <stdlib.h>

struct link {
    pthread_mutex_t lock;
    int fd;
    char *error;
};

static void link_free(struct link *l)
{
    if (l->fd >= 0) {
        l->error = NULL;
    }
    free(l->error);
    free(l);
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

int link_is_up(struct link *l)
{
    int up;

    pthread_mutex_lock(&l->lock);
    up = l->fd >= 0;
    pthread_mutex_unlock(&l->lock);
    return up;
}

void link_drop(struct link *l, int last)
{
    if (last) {
        link_free(l);
    }
}
