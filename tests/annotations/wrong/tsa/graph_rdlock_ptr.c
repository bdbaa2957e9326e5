/* SPDX-License-Identifier: MIT */
#include "../locks.h"

typedef struct Driver {
    int (*length)(void) GRAPH_RDLOCK_PTR;
} Driver;

void warn_call(const Driver *drv);
void warn_call(const Driver *drv)
{
    drv->length(); /* expect: reading variable 'length' requires holding mutex 'graph_lock' */
    rdlock(&graph_lock);
    drv->length();
    rdunlock(&graph_lock);
}
