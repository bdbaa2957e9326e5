/* SPDX-License-Identifier: MIT */
/*
 * order_instances.h - two objects of one type, both locked, and nothing that
 * says which comes first.  Private to ORDER_REVERSAL.
 */
#ifndef HOLDFAST_ORDER_INSTANCES_H
#define HOLDFAST_ORDER_INSTANCES_H

#include "check/check.h"

/* Reports them for all functions. */
void hf_order_instances(HfCheck *c);

#endif
