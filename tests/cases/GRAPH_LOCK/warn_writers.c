/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Writers' functions as a reader, and readers that turn writers or wait. */
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

static void HF_GRAPH_UNLOCKED node_wait(struct Node *n)
{
    graph_wrlock();
    node_detach(n);
    graph_wrunlock();
}

void node_as_reader(struct Node *n)
{
    graph_rdlock();
    node_detach(n); // expect: GRAPH_LOCK
    graph_rdunlock();
}

void node_unlocked(struct Node *n)
{
    node_detach(n); // expect: GRAPH_LOCK
}

void node_upgrade(struct Node *n)
{
    graph_rdlock();
    if (n->child) {
        graph_wrlock(); // expect: GRAPH_LOCK
        node_detach(n);
        graph_wrunlock();
    }
    graph_rdunlock();
}

void node_wait_as_reader(struct Node *n)
{
    graph_rdlock();
    node_wait(n); // expect: GRAPH_LOCK
    graph_rdunlock();
}

void HF_GRAPH_RDLOCK node_drain(struct Node *n)
{
    drain_begin(n); // expect: GRAPH_LOCK
    n->flags = 0;
    drain_end(n);
}
