/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Readers' functions under the graph lock, in either mode. */
#include <holdfast/annotations.h>

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
void graph_wrlock(void) HF_ACQUIRE(graph_lock);
void graph_wrunlock(void) HF_RELEASE(graph_lock);
void assume_graph_lock_(void) HF_ASSERTS_HELD_SHARED(graph_lock);

static int HF_GRAPH_RDLOCK node_flags(struct Node *n)
{
    return n->flags;
}

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

int node_read(struct Node *n)
{
    int flags;

    graph_rdlock();
    flags = node_flags(n);
    graph_rdunlock();
    return flags;
}

/* Readers may be nested. */
int node_read_twice(struct Node *n)
{
    int flags;

    graph_rdlock();
    flags = node_read(n);
    graph_rdunlock();
    return flags;
}

int node_change(struct Node *n)
{
    int flags;

    node_wait(n);
    graph_wrlock();
    flags = node_flags(n);
    node_detach(n);
    graph_wrunlock();
    node_wait(n);
    return flags;
}

int node_assume(struct Node *n)
{
    assume_graph_lock_();
    return node_flags(n);
}

/* Not a word, but the only caller holds it. */
static int node_quiet(struct Node *n)
{
    return node_flags(n);
}

int HF_GRAPH_RDLOCK node_outer(struct Node *n)
{
    return node_quiet(n);
}

HF_NO_ANALYSIS int node_debug(struct Node *n)
{
    return node_flags(n);
}
