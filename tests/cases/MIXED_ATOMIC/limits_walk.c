/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Down a tree in a tight loop: every look is at another node, so this is no
 * waiting for somebody to change one. */
#include <pthread.h>
#include <stddef.h>

struct node {
    struct node *left, *right;
};

void node_link(struct node *parent, struct node *child)
{
    __atomic_store_n(&parent->left, child, __ATOMIC_RELEASE);
}

struct node *node_first(struct node *parent)
{
    return __atomic_load_n(&parent->left, __ATOMIC_ACQUIRE);
}

/* By the one who may change the tree. */
struct node *node_leftmost(struct node *n)
{
    struct node *last;

    do {
        last = n;
        n = n->left; // expect-low: MIXED_ATOMIC
    } while (n);
    return last;
}
