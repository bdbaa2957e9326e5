/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Too many names, or a helper whose callers are not known. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct node {
    pthread_mutex_t lock;
    struct node *next;
    int key;
};

/* hand over hand: which node's lock is held at the return has no one name */
struct node *list_find(struct node *head, int key)
{
    struct node *n = head, *next;

    pthread_mutex_lock(&n->lock);
    while (n->key != key) {
        next = n->next;
        if (!next) {
            return NULL; // known-limit: LOCK
        }
        pthread_mutex_lock(&next->lock);
        pthread_mutex_unlock(&n->lock);
        n = next;
    }
    n->key++;
    pthread_mutex_unlock(&n->lock);
    return n;
}

static bool enter(struct node *n)
{
    if (!n->key) {
        return false;
    }
    pthread_mutex_lock(&n->lock);
    return true;
}

/* the question is put the wrong way round; a toggle looks like that, too */
void leave_wrongly(struct node *n)
{
    bool locked = enter(n);

    if (!locked) {
        pthread_mutex_unlock(&n->lock); // known-limit: LOCK
    }
}
