/* SPDX-License-Identifier: MIT */
// profile: qemu
/* What a callee asserts on one of its ways is nothing its caller can rely
 * on; what it asserts on all of them is. */
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

bool bql_locked(void);
void memory_region_transaction_begin(void);
void memory_region_transaction_commit(void);

static int depth;

static void enter_some(int how)
{
    if (how > 2) {
        assert(bql_locked());
        depth++;
        return;
    }
    depth = how;
}

static void enter_always(int how)
{
    assert(bql_locked());
    depth = how;
}

/* nothing is held where a thread starts */
static void *unsure(void *opaque)
{
    enter_some(*(int *)opaque);
    memory_region_transaction_begin(); // expect: LOCK_CONTRACT
    memory_region_transaction_commit();
    return 0;
}

void sure(int how)
{
    enter_always(how);
    memory_region_transaction_begin();
    memory_region_transaction_commit();
}

void start(int *how)
{
    pthread_t thread;

    pthread_create(&thread, 0, unsure, how);
}
