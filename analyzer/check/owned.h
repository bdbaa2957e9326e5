/* SPDX-License-Identifier: MIT */
/*
 * owned.h - where one object goes from the call that took it out.
 * Private to check.
 *
 * A declared pair (`pair_open`, `pair_close`) says which calls take an object
 * out and which give it back.  The object is followed through the paths of one
 * body by the locals that name it, with what is known of conditions that are
 * asked more than once, until it is given back, stored where somebody else
 * finds it, returned, freed, or no local names it any more.  Callees that are
 * passed the object come in by summaries: what becomes of it, by the sign of
 * the result.
 *
 * Silent where it does not know: code that is not seen, or too many paths,
 * count as having stored it.
 */
#ifndef HOLDFAST_OWNED_H
#define HOLDFAST_OWNED_H

#include "check/check.h"

G_BEGIN_DECLS

typedef enum {
    HF_FATE_KEPT,     /* still to be given back */
    HF_FATE_CLOSED,   /* given back, as the pair wants it */
    HF_FATE_STORED,   /* somebody else has it now, or may have */
    HF_FATE_RETURNED,
    HF_FATE_FREED,    /* without having been given back */
    HF_N_FATES,
    HF_FATE_NONE = HF_N_FATES /* not taken out yet */
} HfFate;

typedef enum {
    HF_SIGN_ANY,
    HF_SIGN_NEGATIVE,
    HF_SIGN_ZERO,
    HF_SIGN_POSITIVE,
    HF_SIGN_NONZERO,
    HF_N_SIGNS
} HfSign;

/* What a function does with an object that it is passed. */
typedef struct {
    guint32 ways; /* bit sign * HF_N_FATES + fate */
    uint32_t kept_at[HF_N_SIGNS]; /* RETURN with it still to be given back;
                                     UINT32_MAX: the closing brace */
    gboolean ready;
} HfOwnedSummary;

#define HF_OWNED_WAY(sign, fate) (1u << ((sign) * HF_N_FATES + (fate)))

typedef enum {
    HF_LOST_LEAVING,     /* the function ends */
    HF_LOST_OVERWRITTEN, /* nothing names it any more */
    HF_LOST_FREED,
} HfLostKind;

typedef struct {
    HfLostKind kind;
    uint32_t event; /* relative; UINT32_MAX: the closing brace */
    uint32_t state; /* for hf_owned_trace() */
    uint32_t through; /* call that might have given it back, but does not on
                         this way; UINT32_MAX: none */
} HfLoss;

/* One call that takes an object out. */
typedef struct {
    const HfFlow *flow;
    uint32_t event; /* relative */
    const char *pair;
    int arg;        /* -1: the result */
    HfWhen when;    /* result for which it was taken out */
    const HfEffect *rule; /* NULL: a function that returns what it took out */
} HfOpening;

typedef struct HfOwned HfOwned;

/* What became of it. */
typedef struct {
    HfOwned *owned;
    HfOpening opening;
    GArray *losses; /* HfLoss, in the order of events */
    guint n_closed; /* places that give it back */
    gboolean returned;
    gboolean borrowed; /* a caller, or another structure, names it too */
    gpointer priv;
} HfOwnedRun;

HfOwned *hf_owned_new(const HfCheck *c);
void hf_owned_free(HfOwned *o);

/* Openings of a body, in order: HfOpening.  (transfer full) */
GArray *hf_owned_openings(HfOwned *o, const HfFlow *flow);
/* From now on sym takes an object out and returns it. */
void hf_owned_derive(HfOwned *o, HfSymId sym, const HfOpening *opening);

HfOwnedRun *hf_owned_run(HfOwned *o, const HfOpening *opening);
void hf_owned_run_free(HfOwnedRun *run);
/* "cond_true" and "cond_false" events of the way to a loss. */
void hf_owned_trace(const HfOwnedRun *run, const HfLoss *loss, HfFinding *f);
/* What a callee does with its argument. */
const HfOwnedSummary *hf_owned_summary(HfOwned *o, HfSymId sym, guint param,
                                       const char *pair);

G_END_DECLS

#endif
