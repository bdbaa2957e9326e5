/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Drained first, then locked; unlocked first, then waited. */
#include <holdfast/annotations.h>

struct GraphLock {
    int readers;
};
extern struct GraphLock graph_lock;
extern struct GraphLock drained;

struct Node {
    struct Node *child;
    int flags;
};

void graph_rdlock(void) HF_ACQUIRE_SHARED(graph_lock);
void graph_rdunlock(void) HF_RELEASE_SHARED(graph_lock);
void graph_wrlock(void) HF_ACQUIRE(graph_lock);
void graph_wrunlock(void) HF_RELEASE(graph_lock);
void drain_begin(struct Node *n) HF_ACQUIRE(drained);
void drain_end(struct Node *n) HF_RELEASE(drained);

static void HF_GRAPH_WRLOCK node_detach(struct Node *n)
{
    n->child = 0;
}

void node_remove(struct Node *n)
{
    drain_begin(n);
    graph_wrlock();
    node_detach(n);
    graph_wrunlock();
    drain_end(n);
}

void node_remove_child(struct Node *n)
{
    struct Node *child;

    graph_rdlock();
    child = n->child;
    graph_rdunlock();
    if (child) {
        node_remove(child);
    }
}

int node_count(struct Node *n)
{
    int count = 0;

    drain_begin(n);
    graph_rdlock();
    for (; n; n = n->child) {
        count++;
    }
    graph_rdunlock();
    drain_end(n);
    return count;
}
