/* SPDX-License-Identifier: MIT */
/*
 * demand.h - for every function, the cheapest way from its entry to code of
 * a given context class.  Private to check.
 *
 * Computed backwards from all functions of that class at once, through
 * functions that declare no context of their own, over calls made while the
 * lock that stands for global state is not taken on the way.  A function
 * pointer costs more than any number of direct calls: ways through several
 * are rarely feasible, and those past HF_DEMAND_MAX_SLOTS are not looked for.
 */
#ifndef HOLDFAST_DEMAND_H
#define HOLDFAST_DEMAND_H

#include "check/check.h"

#define HF_DEMAND_MAX_SLOTS 2

/* The step to take from a function. */
typedef struct {
    uint32_t event; /* the call to follow, relative */
    HfSymId callee;
    HfFieldId slot;   /* through a member, else 0 */
    uint16_t hops;    /* left, this one included; 0: no way */
    uint8_t n_slots;  /* on the way, this one included */
} HfDemandStep;

typedef struct {
    HfContextClass want;
    HfDemandStep *steps; /* by HfSymId */
    const HfCheck *check;
    guint64 shield; /* capabilities that end a way when taken on it */
    uint32_t *asserted; /* by HfSymId: event + 1 of hf_demand_asserted() */
} HfDemand;

HfDemand *hf_demand_new(const HfCheck *c, HfContextClass want,
                        guint64 shield);
void hf_demand_free(HfDemand *d);

/* As declared. */
HfContextClass hf_demand_class(const HfCheck *c, HfSymId sym);
/* As declared, or GS by what it asserts. */
HfContextClass hf_demand_class_of(const HfDemand *d, HfSymId sym);
/* The place at which a function that declares nothing asserts, whatever way it
 * takes, that it runs where GS code does: event + 1; 0 when it does not. */
uint32_t hf_demand_asserted(const HfDemand *d, HfSymId sym);
/* Of the functions that a call may get to, at least half are of the class, or
 * lead to it by direct calls. */
gboolean hf_demand_most_lead(const HfDemand *d, const HfFlow *flow,
                             const HfCall *call);
/* Bits of the capabilities named in "a|b"; 0 when NULL. */
guint64 hf_demand_mask(const HfCheck *c, const char *expression);

/* The best first step for one call of flow; hops 0 when it leads nowhere. */
HfDemandStep hf_demand_from(const HfDemand *d, const HfFlow *flow,
                            const HfCall *call);
/* "call" events from that step to the function wanted, which is returned. */
HfSymId hf_demand_trace(const HfDemand *d, HfFinding *f, const HfFlow *flow,
                        const HfDemandStep *first, gboolean skip_first);
HfSymId hf_demand_end(const HfDemand *d, const HfDemandStep *first);
/*
 * How likely it is that the function pointers on the way lead there: the share
 * of each one's targets from which the class is reached, multiplied; in
 * thousandths, 1000 where there are no pointers.
 */
guint hf_demand_share(const HfDemand *d, const HfFlow *flow,
                      const HfDemandStep *first);

#endif
