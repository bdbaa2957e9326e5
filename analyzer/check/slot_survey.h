/* SPDX-License-Identifier: MIT */
/*
 * slot_survey.h - how function pointer members are filled, called and
 * annotated over the whole program.  Private to SLOT_CONTRACT.
 */
#ifndef HOLDFAST_SLOT_SURVEY_H
#define HOLDFAST_SLOT_SURVEY_H

#include "check/verdict.h"

G_BEGIN_DECLS

typedef struct {
    const HfFlow *flow;
    const HfCall *call;
} HfSlotSite;

/* Where calls through a slot come from. */
typedef struct {
    guint n;
    guint in_coroutine, outside_coroutine; /* calls always, sometimes so */
    guint sometimes_in; /* calls made in coroutines in some context */
    GArray *sites; /* HfSlotSite */
} HfSlotCalls;

typedef struct {
    GHashTable *calls;    /* HfFieldId -> HfSlotCalls */
    GHashTable *bindings; /* gint64 slot << 32 | function -> HfPlace */
    gboolean coroutine_said; /* by the annotation of some slot */
    GHashTable *locks_said; /* HfX in contracts of slots */
    int coroutine; /* capability, -1 none */
} HfSlots;

void hf_slots_init(HfSlots *s, HfCheck *c);
void hf_slots_clear(HfSlots *s);

/* NULL: never called. */
const HfSlotCalls *hf_slots_calls(const HfSlots *s, HfFieldId slot);
/* Where a function is stored in a slot, NULL: by way of a variable. */
const HfPlace *hf_slots_binding(const HfSlots *s, HfFieldId slot, HfSymId fn);

G_END_DECLS

#endif
