/* SPDX-License-Identifier: MIT */
// profile: pthread
/* No slot of this program says anything: then saying nothing means nothing. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct Item {
    pthread_mutex_t lock;
    int n HF_GUARDED_BY(&lock);
} Item;

typedef struct ItemOps {
    void (*grow)(Item *it);
    int (*walk)(Item *it);
} ItemOps;

static void grow(Item *it) HF_REQUIRES(&it->lock);
static void grow(Item *it)
{
    it->n++;
}

static int HF_COROUTINE_FN walk(Item *it)
{
    return 0;
}

static const ItemOps ops = { grow, walk };

void locked_grow(Item *it);
void locked_grow(Item *it)
{
    pthread_mutex_lock(&it->lock);
    ops.grow(it);
    pthread_mutex_unlock(&it->lock);
}

int HF_COROUTINE_FN walk_in_coroutine(Item *it);
int HF_COROUTINE_FN walk_in_coroutine(Item *it)
{
    return ops.walk(it);
}
