/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The helper is called without the lock once nobody else is there. */
#include <pthread.h>

struct bag {
    pthread_mutex_t lock;
    int n;
};

static struct bag bag = { PTHREAD_MUTEX_INITIALIZER, 0 };

static int bag_size(struct bag *b)
{
    return b->n;
}

static void bag_add(struct bag *b)
{
    pthread_mutex_lock(&b->lock);
    if (bag_size(b) < 100) {
        b->n++;
    }
    pthread_mutex_unlock(&b->lock);
}

static void *bag_main(void *opaque)
{
    bag_add(&bag);
    return opaque;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, bag_main, NULL);
    bag_add(&bag);
    pthread_join(thread, NULL);
    return bag_size(&bag);
}
