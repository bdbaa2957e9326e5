/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Hand over hand: the next one's lock is taken before this one's is given
 * back. */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

struct node {
    pthread_mutex_t lock;
    struct node *next;
    struct node *left, *right;
    int key;
};

struct node *list_find(struct node *head, int key)
{
    struct node *n = head, *next;

    pthread_mutex_lock(&n->lock);
    while (n->key != key) {
        next = n->next;
        if (!next) {
            pthread_mutex_unlock(&n->lock);
            return NULL;
        }
        pthread_mutex_lock(&next->lock);
        pthread_mutex_unlock(&n->lock);
        n = next;
    }
    n->key++;
    pthread_mutex_unlock(&n->lock);
    return n;
}

/* two at a time */
int list_remove(struct node *head, int key)
{
    struct node *prev = head, *cur;

    pthread_mutex_lock(&prev->lock);
    cur = prev->next;
    if (cur) {
        pthread_mutex_lock(&cur->lock);
    }
    while (cur) {
        if (cur->key == key) {
            prev->next = cur->next;
            pthread_mutex_unlock(&cur->lock);
            pthread_mutex_unlock(&prev->lock);
            return 1;
        }
        pthread_mutex_unlock(&prev->lock);
        prev = cur;
        cur = cur->next;
        if (cur) {
            pthread_mutex_lock(&cur->lock);
        }
    }
    pthread_mutex_unlock(&prev->lock);
    return 0;
}

/* down a tree */
void tree_insert(struct node *root, int key, struct node *leaf)
{
    struct node *n = root;

    pthread_mutex_lock(&n->lock);
    for (;;) {
        struct node *child = key < n->key ? n->left : n->right;

        if (!child) {
            break;
        }
        pthread_mutex_lock(&child->lock);
        pthread_mutex_unlock(&n->lock);
        n = child;
    }
    if (key < n->key) {
        n->left = leaf;
    } else {
        n->right = leaf;
    }
    pthread_mutex_unlock(&n->lock);
}

/* from the table's lock to the element's */
struct table {
    pthread_mutex_t lock;
    struct node *slots[16];
};

int table_bump(struct table *t, int i)
{
    struct node *n;

    pthread_mutex_lock(&t->lock);
    n = t->slots[i];
    if (n == NULL) {
        pthread_mutex_unlock(&t->lock);
        return -1;
    }
    pthread_mutex_lock(&n->lock);
    pthread_mutex_unlock(&t->lock);
    n->key++;
    pthread_mutex_unlock(&n->lock);
    return 0;
}
