/* SPDX-License-Identifier: MIT */
// profile: qemu
/* The same contracts as attributes of Clang's, with guards and slots. */
#include <stddef.h>

#define TSA(x) __attribute__((x))
#define GRAPH_RDLOCK TSA(requires_shared_capability(graph_lock))
#define GRAPH_WRLOCK TSA(requires_capability(graph_lock))
#define GRAPH_UNLOCKED TSA(locks_excluded(graph_lock))
#define GRAPH_RDLOCK_PTR TSA(guarded_by(graph_lock))

typedef struct TSA(capability("mutex")) GraphLock {
    int readers;
} GraphLock;
extern GraphLock graph_lock;

struct Node;

struct Driver {
    int (*GRAPH_RDLOCK_PTR read)(struct Node *n);
};

struct Node {
    const struct Driver *drv;
    struct Node *child; // expect: ANNOTATION
};

typedef struct Guard {
    int unused;
} Guard;

static inline Guard *TSA(acquire_shared_capability(graph_lock))
    TSA(no_thread_safety_analysis) guard_lock(Guard *x)
{
    return x;
}

static inline void TSA(release_shared_capability(graph_lock))
    TSA(no_thread_safety_analysis) guard_unlock(Guard *x)
{
}

static inline void guard_cleanup(Guard **x) TSA(no_thread_safety_analysis)
    TSA(release_shared_capability(graph_lock));
static inline void guard_cleanup(Guard **x)
{
    guard_unlock(*x);
}

#define RDLOCK_GUARD() \
    Guard *guard_ TSA(cleanup(guard_cleanup)) TSA(unused) = \
        guard_lock(&(Guard){ 0 })

void wrlock(void) TSA(acquire_capability(graph_lock));
void wrunlock(void) TSA(release_capability(graph_lock));

static int GRAPH_RDLOCK node_depth(struct Node *n)
{
    int depth = 0;

    for (; n->child; n = n->child) {
        depth++;
    }
    return depth;
}

int node_guarded(struct Node *n)
{
    RDLOCK_GUARD();

    return node_depth(n);
}

int node_forgotten(struct Node *n)
{
    return node_depth(n); // expect: GRAPH_LOCK
}

int node_after_scope(struct Node *n)
{
    int depth;

    {
        RDLOCK_GUARD();
        depth = node_depth(n);
    }
    return depth + node_depth(n); // expect: GRAPH_LOCK
}

int node_read(struct Node *n)
{
    return n->drv->read(n); // expect: GRAPH_LOCK
}

int node_read_guarded(struct Node *n)
{
    RDLOCK_GUARD();

    return n->drv->read(n);
}

static void GRAPH_UNLOCKED node_clear(struct Node *n)
{
    wrlock();
    n->child = NULL;
    wrunlock();
}

void node_clear_guarded(struct Node *n)
{
    RDLOCK_GUARD();

    node_clear(n); // expect: GRAPH_LOCK
}

void TSA(no_thread_safety_analysis) node_not_judged(struct Node *n)
{
    node_depth(n);
}
