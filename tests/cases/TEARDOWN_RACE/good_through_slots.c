/* SPDX-License-Identifier: MIT */
// profile: pthread
/* As warn_through_slots.c, in the right order: the thread is joined first. What
 * is freed before a thread that is started only afterwards is no matter. */
#include <pthread.h>
#include <stdlib.h>

struct block {
    struct block *next;
    unsigned char *received;
    size_t pages;
};

struct load {
    pthread_t thread;
    struct block *current;
    int have_thread;
};

struct loader {
    void (*cleanup)(void *opaque);
    void *opaque;
};

static struct block *blocks;
static struct loader loaders[2];
static struct load load;

extern int next_page(struct load *l, size_t *page);
extern int read_all(struct load *l);

static void *receive_thread(void *arg)
{
    struct load *l = arg;
    size_t page;

    while (next_page(l, &page)) {
        l->current->received[page] = 1;
    }
    return NULL;
}

static void ram_cleanup(void *opaque)
{
    (void)opaque;
    for (struct block *b = blocks; b; b = b->next) {
        free(b->received);
        b->received = NULL;
    }
}

static void register_loaders(void)
{
    loaders[0].cleanup = ram_cleanup;
}

static void cleanup_all(void)
{
    for (int i = 0; i < 2; i++) {
        if (loaders[i].cleanup) {
            loaders[i].cleanup(loaders[i].opaque);
        }
    }
}

static int load_state(struct load *l)
{
    int ret = read_all(l);

    cleanup_all();
    return ret;
}

static void receive_stop(struct load *l)
{
    if (l->have_thread) {
        pthread_join(l->thread, NULL);
    }
}

int load_begin(struct load *l)
{
    register_loaders();
    l->have_thread = 1;
    return pthread_create(&l->thread, NULL, receive_thread, l);
}

int load_finish(void)
{
    receive_stop(&load);
    return load_state(&load);
}

/* Once more, with another thread. */
int load_again(struct load *l)
{
    cleanup_all();
    if (load_begin(l)) {
        return -1;
    }
    receive_stop(l);
    return 0;
}
