/* SPDX-License-Identifier: MIT */
#include "../locks.h"

typedef struct Driver {
    void (*attach)(void) GRAPH_WRLOCK_PTR;
} Driver;

/* The shared mode suffices to read the pointer: TSA sees no more than that. */
void warn_call(const Driver *drv);
void warn_call(const Driver *drv)
{
    drv->attach(); /* expect: reading variable 'attach' requires holding mutex 'graph_lock' */
    rdlock(&graph_lock);
    drv->attach();
    rdunlock(&graph_lock);
}
