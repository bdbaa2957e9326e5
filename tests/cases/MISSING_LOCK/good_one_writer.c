/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Roles prove that there is nobody to race with: hidden, with the reason. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct channel {
    pthread_mutex_t lock;
    long sent;  /* the sender alone writes it */
    FILE *file; /* set by main, taken away by the sender alone */
    int limit;  /* written before there is a sender, and when it is gone */
    int stop;
};

static struct channel channel = { PTHREAD_MUTEX_INITIALIZER, 0, NULL, 0, 0 };
static pthread_t sender;

static void send_one(struct channel *c)
{
    pthread_mutex_lock(&c->lock);
    c->sent++;
    pthread_mutex_unlock(&c->lock);
    if (c->sent % 100 == 0) { // expect-low: MISSING_LOCK
        puts("sent");
    }
}

static void send_more(struct channel *c)
{
    pthread_mutex_lock(&c->lock);
    c->sent += 2;
    pthread_mutex_unlock(&c->lock);
}

/* the kick must not wait for who holds the lock; this thread alone closes */
static void pause_sending(struct channel *c)
{
    if (c->file) { // expect-low: MISSING_LOCK
        fflush(c->file);
        pthread_mutex_lock(&c->lock);
        fclose(c->file);
        c->file = NULL;
        pthread_mutex_unlock(&c->lock);
    }
}

static void *sender_main(void *opaque)
{
    struct channel *c = opaque;

    while (!__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST)) {
        int limit;

        pthread_mutex_lock(&c->lock);
        limit = c->limit;
        pthread_mutex_unlock(&c->lock);
        if (limit > 1) {
            send_one(c);
            send_more(c);
        }
        pause_sending(c);
    }
    return NULL;
}

static void report(struct channel *c)
{
    pthread_mutex_lock(&c->lock);
    printf("%ld of %d\n", c->sent, c->limit);
    pthread_mutex_unlock(&c->lock);
}

static void set_limit(struct channel *c, int n)
{
    pthread_mutex_lock(&c->lock);
    c->limit = n;
    pthread_mutex_unlock(&c->lock);
}

static void attach(struct channel *c, FILE *f)
{
    pthread_mutex_lock(&c->lock);
    c->file = f;
    pthread_mutex_unlock(&c->lock);
}

static void show_file(struct channel *c)
{
    pthread_mutex_lock(&c->lock);
    printf("%d\n", c->file != NULL);
    pthread_mutex_unlock(&c->lock);
}

int main(int argc, char **argv)
{
    channel.limit = argc; // expect-low: MISSING_LOCK
    if (pthread_create(&sender, NULL, sender_main, &channel)) {
        return 1;
    }
    attach(&channel, fopen(argv[1], "w"));
    set_limit(&channel, 10);
    report(&channel);
    show_file(&channel);
    pthread_join(sender, NULL);
    return channel.limit; // expect-low: MISSING_LOCK
}
