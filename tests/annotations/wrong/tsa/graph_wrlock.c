/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void GRAPH_WRLOCK attach(void);

void warn_call(void);
void warn_call(void)
{
    rdlock(&graph_lock);
    attach(); /* expect: calling function 'attach' requires holding mutex 'graph_lock' exclusively */
    rdunlock(&graph_lock);
    lock(&graph_lock);
    attach();
    unlock(&graph_lock);
}
