/* SPDX-License-Identifier: MIT */
/*
 * handlers.h - functions that run when something happens, not because
 * code of the program calls them now: callbacks, handlers, implementations of
 * slots.  Private to check.
 */
#ifndef HOLDFAST_HANDLERS_H
#define HOLDFAST_HANDLERS_H

#include "check/check.h"

G_BEGIN_DECLS

typedef enum {
    HF_HANDLER_CALLBACK = 1u << 0,   /* by a rule: run later */
    HF_HANDLER_REGISTERED = 1u << 1, /* passed to a function that keeps it */
    HF_HANDLER_SLOT = 1u << 2,       /* stored in a table */
} HfHandlerKinds;

/* Where a function is made a handler. */
typedef struct {
    HfSymId in;     /* 0: an initialiser */
    uint32_t event; /* of `in` */
    uint32_t unit;
    HfId loc;
    HfFieldId slot; /* SLOT: 0 when not a member */
    const HfEffect *effect; /* CALLBACK */
    HfHandlerKinds kind;
} HfHandlerSite;

typedef struct {
    HfSymId handler;
    guint kinds;   /* HfHandlerKinds, joined */
    GArray *sites; /* HfHandlerSite */
} HfHandler;

typedef struct {
    const HfCheck *c;
    GHashTable *sources;  /* HfSymId -> HfHandler */
    GHashTable *callers;  /* HfSymId -> GArray of HfCallSite: passed to what
                             calls it at once */
} HfHandlers;

void hf_handlers_init(HfHandlers *s, const HfCheck *c);
void hf_handlers_clear(HfHandlers *s);

/* One step towards a handler: `in` calls what was reached before. */
typedef struct {
    HfSymId sym;
    guint from;     /* index of the function it calls; itself for the first */
    uint32_t event; /* of that call */
} HfHandlerStep;

/*
 * All functions from which code of sym is reached by calls, nearest first:
 * HfHandlerStep, [0] is sym.  A handler is in the list, and what calls it too.
 * *unknown: some way begins at what is no handler, or there are too many.
 */
GArray *hf_handlers_above(const HfHandlers *s, HfSymId sym, gboolean *unknown);
const HfHandler *hf_handler_of(const HfHandlers *s, HfSymId sym);

/* Functions that sym calls, and those these call; sym too. */
GHashTable *hf_handlers_below(const HfHandlers *s, HfSymId sym);

G_END_DECLS

#endif
