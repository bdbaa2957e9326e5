/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Comments that are true, though no caller can name the lock any more, or
 * nobody else can have the object. */
#include <pthread.h>
#include <stdlib.h>

struct image {
    pthread_mutex_t lock;
    /* Protected by lock. */
    int features;
    int size;
};

struct check {
    struct image *image;
    int errors;
};

/* Called with m->lock held. */
static void write_header(struct image *m)
{
    m->features |= 2;
}

static void check_one(struct check *k)
{
    write_header(k->image);
    k->errors++;
}

int image_check(struct image *m)
{
    struct check k = { .image = m };

    pthread_mutex_lock(&m->lock);
    check_one(&k);
    pthread_mutex_unlock(&m->lock);
    return k.errors;
}

int image_open(struct image *m)
{
    pthread_mutex_lock(&m->lock);
    write_header(m);
    m->features &= ~4;
    pthread_mutex_unlock(&m->lock);
    return 0;
}

int image_grow(struct image *m)
{
    pthread_mutex_lock(&m->lock);
    m->features |= 4;
    write_header(m);
    pthread_mutex_unlock(&m->lock);
    return 0;
}

void image_setup(struct image *m)
{
    pthread_mutex_init(&m->lock, NULL);
    m->features = 0;
}

void image_close(struct image *m)
{
    pthread_mutex_destroy(&m->lock);
    write_header(m);
}
