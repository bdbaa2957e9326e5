/* SPDX-License-Identifier: MIT */
/*
 * parties.h - who touches what: every access to a member or variable, in
 * every context that it is reached in, with the role and the locks held
 * there.  Private to check.
 */
#ifndef HOLDFAST_PARTIES_H
#define HOLDFAST_PARTIES_H

#include "check/belief.h"
#include "check/containers.h"
#include "solve/parallel.h"

G_BEGIN_DECLS

typedef struct {
    const HfFlow *flow;
    const HfAccess *access;
    const HfContext *ctx;
    HfSubject subject;
    GArray *locks; /* HfLockKey held there, related to the subject; NULL none;
                      the table's */
    guint cost;    /* function pointers and calls from the root */
    gboolean write, atomic;
    gboolean clears; /* writes zero: the value is taken away */
    gboolean setup;  /* runs before or after the object is shared */
    gboolean own;    /* each thread of the role has an object of its own */
} HfParty;

typedef struct HfParties HfParties;

/* Of all that is to be judged; belongs to one thread. */
HfParties *hf_parties_new(HfCheck *c);
void hf_parties_free(HfParties *p);

/* HfParty of all accesses to what s speaks of, in the order of the program;
 * NULL when there are none.  Fresh objects are left out.  Borrowed. */
const GArray *hf_parties_of(HfParties *p, const HfSubject *s);

/* One access in one of its contexts. */
HfParty hf_party_make(HfParties *p, const HfFlow *flow, const HfAccess *a,
                      const HfSubject *s, const HfContext *ctx);
void hf_party_clear(HfParty *p);

/* Library calls that access containers are among them.  Borrowed. */
const HfContainers *hf_parties_containers(const HfParties *p);

/* The function in which the context's way begins. */
const HfFlow *hf_party_root(const HfParties *p, const HfParty *party);
const HfRole *hf_party_role(const HfParties *p, const HfParty *party);

G_END_DECLS

#endif
