/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The same shapes as in good_one_writer.c, each with a second thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct channel {
    pthread_mutex_t lock;
    long sent;  /* two threads count */
    FILE *file; /* two threads close */
    int limit;  /* written while the sender runs */
    int running;
};

static struct channel channel = { PTHREAD_MUTEX_INITIALIZER, 0, NULL, 0, 0 };
static pthread_t sender, other;

static void send_one(struct channel *c)
{
    pthread_mutex_lock(&c->lock);
    c->sent++;
    pthread_mutex_unlock(&c->lock);
    if (c->sent % 100 == 0) { // expect: MISSING_LOCK
        puts("sent");
    }
}

static void close_file(struct channel *c)
{
    if (c->file) { // expect: MISSING_LOCK
        pthread_mutex_lock(&c->lock);
        fclose(c->file);
        c->file = NULL;
        pthread_mutex_unlock(&c->lock);
    }
}

static int limit_of(struct channel *c)
{
    int n;

    pthread_mutex_lock(&c->lock);
    n = c->limit;
    pthread_mutex_unlock(&c->lock);
    return n;
}

static void *sender_main(void *opaque)
{
    struct channel *c = opaque;

    while (limit_of(c) > 1) {
        send_one(c);
        close_file(c);
    }
    return NULL;
}

static void *other_main(void *opaque)
{
    struct channel *c = opaque;

    send_one(c);
    close_file(c);
    return NULL;
}

static void set_limit(struct channel *c, int n)
{
    pthread_mutex_lock(&c->lock);
    c->limit = n;
    pthread_mutex_unlock(&c->lock);
}

static void report(struct channel *c)
{
    pthread_mutex_lock(&c->lock);
    printf("%ld\n", c->sent);
    pthread_mutex_unlock(&c->lock);
}

static void attach(struct channel *c, FILE *f)
{
    pthread_mutex_lock(&c->lock);
    c->file = f;
    pthread_mutex_unlock(&c->lock);
}

int main(int argc, char **argv)
{
    attach(&channel, fopen(argv[1], "w"));
    if (pthread_create(&sender, NULL, sender_main, &channel) ||
        pthread_create(&other, NULL, other_main, &channel)) {
        return 1;
    }
    set_limit(&channel, 10);
    report(&channel);
    printf("%d\n", limit_of(&channel));
    channel.limit = argc; // expect: MISSING_LOCK
    pthread_join(other, NULL);
    pthread_join(sender, NULL);
    return 0;
}
