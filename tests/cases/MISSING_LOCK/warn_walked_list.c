/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What a pointer stands for that walks down a list is shared like what any
 * other pointer does; and the tail pointer of a list may well point to its
 * head, so that the loop behind an insertion does run. */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

struct client {
    struct client *next;
    int pending;
    int closing;
};

static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static struct client *clients;

void client_kick_all(void)
{
    pthread_mutex_lock(&clients_lock);
    for (struct client *c = clients; c; c = c->next) {
        c->pending++;
    }
    pthread_mutex_unlock(&clients_lock);
}

int client_take_all(void)
{
    int n = 0;

    pthread_mutex_lock(&clients_lock);
    for (struct client *c = clients; c; c = c->next) {
        n += c->pending;
        c->pending = 0;
    }
    pthread_mutex_unlock(&clients_lock);
    return n;
}

void client_drop_all(void)
{
    for (struct client *c = clients; c; c = c->next) { // expect: MISSING_LOCK
        c->pending = 0; // expect: MISSING_LOCK
    }
}

void client_add(struct client *c)
{
    c->closing = 0;
    pthread_mutex_lock(&clients_lock);
    c->next = clients;
    clients = c;
    pthread_mutex_unlock(&clients_lock);
}

/* ---- a queue that is emptied by whoever finds it empty ---- */

struct note {
    struct note *next;
    int value;
};

struct queue {
    struct note *first;
    struct note **last;
};

static __thread struct queue notes;
static __thread int busy;

static pthread_mutex_t sum_lock = PTHREAD_MUTEX_INITIALIZER;
static long sum;

/* Every call is made with the lock held. */
static void add_up(const struct note *n)
{
    sum += n->value;
}

void note_put(int value)
{
    struct note *n;

    if (!busy) {
        notes.first = NULL;
        notes.last = &notes.first;
    }
    n = malloc(sizeof(*n));
    n->value = value;
    n->next = NULL;
    *notes.last = n;
    notes.last = &n->next;
    if (busy) {
        return;
    }
    busy = 1;
    while ((n = notes.first) != NULL) {
        notes.first = n->next;
        if (!notes.first) {
            notes.last = &notes.first;
        }
        pthread_mutex_lock(&sum_lock);
        add_up(n);
        pthread_mutex_unlock(&sum_lock);
        free(n);
    }
    busy = 0;
}

void sum_clear(void)
{
    pthread_mutex_lock(&sum_lock);
    sum = 0;
    pthread_mutex_unlock(&sum_lock);
}

long sum_peek(void)
{
    return sum; // expect: MISSING_LOCK
}
