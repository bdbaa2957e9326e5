/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void GRAPH_WRLOCK good_body(void);
void GRAPH_WRLOCK good_body(void)
{
}

void GRAPH_WRLOCK warn_body(void);
void GRAPH_WRLOCK warn_body(void) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
    unlock(&graph_lock);
}
