/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void GRAPH_UNLOCKED drain_all(void);

void warn_call(void);
void warn_call(void)
{
    drain_all();
    rdlock(&graph_lock);
    drain_all(); /* expect: cannot call function 'drain_all' while mutex 'graph_lock' is held */
    rdunlock(&graph_lock);
}
