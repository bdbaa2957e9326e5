/* SPDX-License-Identifier: MIT */
// profile: qemu
/* One slot of the project says that it is called in coroutines: the others
 * are taken at their word. */
#include <holdfast/annotations.h>

typedef struct Node Node;
typedef struct NodeOps {
    int (*co_read)(Node *n) HF_COROUTINE_FN;
    int (*read)(Node *n);
    int (*flush)(Node *n);
    int (*sync)(Node *n);
} NodeOps;

struct Node {
    const NodeOps *ops;
};

static int HF_COROUTINE_FN node_co_read(Node *n)
{
    return 0;
}

static int HF_COROUTINE_FN node_read(Node *n)
{
    return 1;
}

static int HF_COROUTINE_FN node_flush(Node *n)
{
    return 2;
}

static int HF_COROUTINE_FN node_sync(Node *n)
{
    return 3;
}

static const NodeOps node_ops = {
    .co_read = node_co_read,
    .read = node_read, // expect: SLOT_CONTRACT
    .flush = node_flush, // expect: SLOT_CONTRACT
    .sync = node_sync, // expect-low: SLOT_CONTRACT
};

/* Known not to be in a coroutine. */
int HF_NO_COROUTINE_FN read_from_main(Node *n);
int HF_NO_COROUTINE_FN read_from_main(Node *n)
{
    return n->ops->read(n);
}

/* Not marked: nobody knows. */
int flush_from_anywhere(Node *n);
int flush_from_anywhere(Node *n)
{
    return n->ops->flush(n);
}

int HF_COROUTINE_FN sync_in_coroutine(Node *n);
int HF_COROUTINE_FN sync_in_coroutine(Node *n)
{
    return n->ops->sync(n);
}

Node first = { &node_ops };
