/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What is known all the same. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct session {
    pthread_mutex_t lock;
    bool locked; /* a note to oneself */
    int n;
};

struct options {
    bool quick;
    bool locked;
};

struct session *session_new(void)
{
    struct session *s = calloc(1, sizeof(*s));

    s->locked = false;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void session_note(struct session *s, bool want)
{
    s->locked = false;
    if (want) {
        pthread_mutex_lock(&s->lock);
        s->locked = true;
    }
    for (int i = 0; i < 3; i++) {
        usleep(1);
    }
    if (s->locked) {
        pthread_mutex_unlock(&s->lock);
    }
}

/* a copy stays what it was */
void session_copy(struct session *s)
{
    bool locked = s->locked;

    if (!locked) {
        pthread_mutex_lock(&s->lock);
    }
    while (s->locked) {
        usleep(1);
    }
    if (!locked) {
        pthread_mutex_unlock(&s->lock);
    }
}

/* what the initialiser leaves out is false */
void session_options(struct session *s)
{
    struct options o = { .quick = true };

    pthread_mutex_lock(&s->lock);
    if (o.locked) {
        return;
    }
    pthread_mutex_unlock(&s->lock);
}

void session_options_each(struct session *s, int n)
{
    for (int i = 0; i < n; i++) {
        struct options o = { .quick = true };

        pthread_mutex_lock(&s->lock);
        if (o.locked) {
            return;
        }
        o.locked = i > 0;
        s->n += o.locked;
        pthread_mutex_unlock(&s->lock);
    }
}
