/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A guess that the exchange checks; lists of the same type that are not the
 * same list; a thread's own. */
#include <pthread.h>
#include <stddef.h>

struct node {
    struct node *next;
};

struct list {
    struct node *first;
};

static struct list shared;
static __thread int depth;

static void push(struct node *n)
{
    struct node *old;

    do {
        old = shared.first;
        n->next = old;
    } while (!__atomic_compare_exchange_n(&shared.first, &old, n, 0,
                                          __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

static struct node *pop(struct list *own)
{
    struct node *n = own->first;

    if (n) {
        own->first = n->next;
    }
    return n;
}

static void *pusher(void *opaque)
{
    static struct node nodes[4];

    depth = 1;
    __atomic_fetch_add(&depth, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++) {
        push(&nodes[i]);
    }
    return opaque;
}

int main(void)
{
    pthread_t thread;
    int n = 0;

    pthread_create(&thread, NULL, pusher, NULL);
    for (int i = 0; i < 10; i++) {
        struct list own;

        own.first = __atomic_exchange_n(&shared.first, NULL,
                                        __ATOMIC_ACQUIRE);
        while (pop(&own)) {
            n++;
        }
    }
    pthread_join(thread, NULL);
    return n;
}
