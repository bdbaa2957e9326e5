/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void GRAPH_RDLOCK good_body(void);
void GRAPH_RDLOCK good_body(void)
{
}

void GRAPH_RDLOCK warn_body(void);
void GRAPH_RDLOCK warn_body(void) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
    rdunlock(&graph_lock);
}
