/* SPDX-License-Identifier: MIT */
/*
 * call_sites.h - do callers of a function, or of a slot, hold a lock?  Shared
 * by checks of comments and by what proposes annotations.
 */
#ifndef HOLDFAST_CALL_SITES_H
#define HOLDFAST_CALL_SITES_H

#include "check/slot_survey.h"

G_BEGIN_DECLS

/* One call, and what is known of the lock there. */
typedef struct {
    const HfFlow *flow;
    const HfCall *call;
    HfX lock; /* in the caller's terms; 0: it cannot name it */
    HfTri tri; /* HF_HELD: in every way the caller is entered */
    gboolean sometimes; /* not so, but in some way */
    gboolean shared;
    gboolean indirect; /* through a function pointer */
    gboolean own; /* what the lock is in is the caller's own object yet */
} HfSite;

typedef void (*HfSiteFn)(const HfCheck *c, const HfSite *site, gpointer data);

/* Calls of sym that can be reached, those through slots included. */
void hf_call_sites(const HfCheck *c, HfSymId sym, HfX lock, HfSiteFn fn,
                   gpointer data);
/* Calls through a slot; the lock has a name of its own. */
void hf_slot_sites(const HfCheck *c, const HfSlots *slots, HfFieldId slot,
                   HfX lock, HfSiteFn fn, gpointer data);

typedef struct {
    gboolean direct; /* count only those, when set before */
    guint n, held, absent, unsure, own;
    guint sometimes; /* of those absent */
    HfSite held_at, absent_at, unsure_at; /* the first; flow NULL: none */
} HfSiteCount;

/* Counts, as an HfSiteFn; data: HfSiteCount. */
void hf_site_count(const HfCheck *c, const HfSite *site, gpointer data);

G_END_DECLS

#endif
