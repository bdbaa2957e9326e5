/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The thread is given what another function has just allocated. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct encoder {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    bool quit;
    char *frame;
    int len;
};

static void *encoder_main(void *opaque)
{
    struct encoder *e = opaque;

    pthread_mutex_lock(&e->lock);
    while (!e->quit) {
        while (!e->len && !e->quit) {
            pthread_cond_wait(&e->more, &e->lock);
        }
        for (int i = 0; i < e->len; i++) {
            e->frame[i] ^= 0x55;
        }
        e->len = 0;
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

struct encoder *encoder_new(void)
{
    struct encoder *e = calloc(1, sizeof(*e));

    e->frame = malloc(4096);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->more, NULL);
    pthread_create(&e->thread, NULL, encoder_main, e);
    return e;
}

static void encoder_stop(struct encoder *e)
{
    pthread_mutex_lock(&e->lock);
    e->quit = true;
    pthread_cond_signal(&e->more);
    pthread_mutex_unlock(&e->lock);
}

void encoder_free(struct encoder *e)
{
    encoder_stop(e);
    free(e->frame); // expect: TEARDOWN_RACE
    pthread_join(e->thread, NULL);
    free(e);
}

void encoder_free_right(struct encoder *e)
{
    encoder_stop(e);
    pthread_join(e->thread, NULL);
    free(e->frame);
    free(e);
}
