/* SPDX-License-Identifier: MIT */
/*
 * containers.h - hash tables, queues and their like, which are changed and
 * looked into by calls of library functions.  Private to check.
 *
 * Such a call is an access to what the member or variable points to, or to
 * the member itself where the container lies in it.  Which functions change a
 * container is said by the rules ("changes"); any other library function that
 * is given one that is changed somewhere looks into it.
 */
#ifndef HOLDFAST_CONTAINERS_H
#define HOLDFAST_CONTAINERS_H

#include "check/uses.h"

G_BEGIN_DECLS

typedef struct HfContainers HfContainers;

HfContainers *hf_containers_new(HfCheck *c);
void hf_containers_free(HfContainers *k);

/* HfAccess of that function, by event, with arg set; RMW where the container is
 * changed, READ where it is looked into.  NULL: none.  Borrowed. */
const GPtrArray *hf_containers_of(const HfContainers *k, const HfFlow *flow);

G_END_DECLS

#endif
