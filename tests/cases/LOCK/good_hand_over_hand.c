/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Hand over hand down a list: the next is taken before the last is given
 * back, and the names change hands, too. */
#include <pthread.h>
#include <stddef.h>

struct Node {
    pthread_mutex_t lock;
    struct Node *next;
    int key;
};

struct List {
    pthread_mutex_t lock;
    struct Node *first;
    struct Node *cursor;
};

int list_has(struct Node *head, int key)
{
    struct Node *node = head;

    pthread_mutex_lock(&node->lock);
    while (node->next && node->key < key) {
        struct Node *next = node->next;

        pthread_mutex_lock(&next->lock);
        pthread_mutex_unlock(&node->lock);
        node = next;
    }
    key -= node->key;
    pthread_mutex_unlock(&node->lock);
    return key == 0;
}

void list_insert(struct Node *head, struct Node *fresh)
{
    struct Node *prev = head, *cur;

    pthread_mutex_lock(&prev->lock);
    cur = prev->next;
    while (cur) {
        pthread_mutex_lock(&cur->lock);
        if (cur->key >= fresh->key) {
            break;
        }
        pthread_mutex_unlock(&prev->lock);
        prev = cur;
        cur = cur->next;
    }
    fresh->next = cur;
    prev->next = fresh;
    if (cur) {
        pthread_mutex_unlock(&cur->lock);
    }
    pthread_mutex_unlock(&prev->lock);
}

/* One after the other, by one name. */
int list_sum(struct List *l)
{
    int sum = 0;

    for (struct Node *n = l->first; n; n = n->next) {
        pthread_mutex_lock(&n->lock);
        sum += n->key;
        pthread_mutex_unlock(&n->lock);
    }
    return sum;
}

/* The member is moved on between lock and unlock. */
void list_advance(struct List *l)
{
    struct Node *old = l->cursor;

    pthread_mutex_lock(&l->cursor->lock);
    l->cursor = old->next;
    pthread_mutex_unlock(&old->lock);
    pthread_mutex_lock(&l->cursor->lock);
    l->cursor->key++;
    pthread_mutex_unlock(&l->cursor->lock);
}

void list_swap(struct Node *a, struct Node *b)
{
    struct Node *t;

    pthread_mutex_lock(&a->lock);
    t = a;
    a = b;
    b = t;
    pthread_mutex_lock(&a->lock);
    pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&a->lock);
}

/* All of them, then all of them. */
void list_freeze(struct Node *nodes, int n)
{
    for (int i = 0; i < n; i++) {
        pthread_mutex_lock(&nodes[i].lock);
    }
    for (int i = 0; i < n; i++) {
        pthread_mutex_unlock(&nodes[i].lock);
    }
}
