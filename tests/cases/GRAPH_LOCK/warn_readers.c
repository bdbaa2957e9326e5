/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Readers' functions called without the graph lock. */
#include <holdfast/annotations.h>
#include <stdbool.h>

struct GraphLock {
    int readers;
};
extern struct GraphLock graph_lock;

struct Node {
    struct Node *child;
    int flags;
};

void graph_rdlock(void) HF_ACQUIRE_SHARED(graph_lock);
void graph_rdunlock(void) HF_RELEASE_SHARED(graph_lock);

static int HF_GRAPH_RDLOCK node_flags(struct Node *n)
{
    return n->flags;
}

static int HF_GRAPH_RDLOCK node_all_flags(struct Node *n)
{
    int flags = 0;

    for (; n; n = n->child) {
        flags |= node_flags(n);
    }
    return flags;
}

int node_query(struct Node *n)
{
    return node_flags(n); // expect: GRAPH_LOCK
}

int node_query_late(struct Node *n)
{
    int flags;

    graph_rdlock();
    flags = node_all_flags(n);
    graph_rdunlock();
    if (node_flags(n)) { // expect: GRAPH_LOCK
        flags++;
    }
    return flags;
}

int node_query_once(struct Node *n, bool deep)
{
    int flags;

    if (deep) {
        graph_rdlock();
    }
    flags = node_flags(n); // expect: GRAPH_LOCK
    if (deep) {
        graph_rdunlock();
    }
    return flags;
}

/* In between, without a word. */
static int node_between(struct Node *n)
{
    return node_all_flags(n); // expect: GRAPH_LOCK
}

int node_top(struct Node *n)
{
    return node_between(n);
}
