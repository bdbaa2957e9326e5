/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Not seen: a writer's function behind a plain pointer. */
#include <holdfast/annotations.h>

struct GraphLock {
    int readers;
};
extern struct GraphLock graph_lock;

struct Node {
    struct Node *child;
};

void graph_rdlock(void) HF_ACQUIRE_SHARED(graph_lock);
void graph_rdunlock(void) HF_RELEASE_SHARED(graph_lock);

static void HF_GRAPH_WRLOCK node_detach(struct Node *n)
{
    n->child = 0;
}

static void each(struct Node *n, void (*fn)(struct Node *))
{
    fn(n); // known-limit: GRAPH_LOCK
}

void node_as_reader(struct Node *n)
{
    graph_rdlock();
    each(n, node_detach);
    graph_rdunlock();
}
