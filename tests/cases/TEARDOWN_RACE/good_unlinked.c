/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What is freed was taken out under the lock that the thread looks it up
 * with. */
#include <pthread.h>
#include <stdlib.h>

struct buffer {
    char *data;
    int length;
};

struct channel {
    pthread_mutex_t lock;
    struct buffer *buffer;
};

static struct channel channel = { PTHREAD_MUTEX_INITIALIZER, NULL };

static void channel_replace(struct channel *c, struct buffer *next)
{
    struct buffer *old;

    pthread_mutex_lock(&c->lock);
    old = c->buffer;
    c->buffer = next;
    pthread_mutex_unlock(&c->lock);
    if (old) {
        free(old->data);
        free(old);
    }
}

static void *channel_main(void *opaque)
{
    struct channel *c = opaque;

    pthread_mutex_lock(&c->lock);
    if (c->buffer) {
        c->buffer->data[c->buffer->length++] = 0;
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    channel_replace(&channel, calloc(1, sizeof(struct buffer)));
    pthread_create(&thread, NULL, channel_main, &channel);
    channel_replace(&channel, NULL);
    pthread_join(thread, NULL);
    return 0;
}
