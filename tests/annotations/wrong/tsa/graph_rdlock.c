/* SPDX-License-Identifier: MIT */
#include "../locks.h"

int GRAPH_RDLOCK length(void);

void warn_call(void);
void warn_call(void)
{
    length(); /* expect: calling function 'length' requires holding mutex 'graph_lock' */
    rdlock(&graph_lock);
    length();
    rdunlock(&graph_lock);
}
