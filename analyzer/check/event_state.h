/* SPDX-License-Identifier: MIT */
/*
 * event_state.h - what EVENT_ORDER knows of assertions, of who makes them
 * true, and of the handlers that do both.  Private to check.
 */
#ifndef HOLDFAST_EVENT_STATE_H
#define HOLDFAST_EVENT_STATE_H

#include "check/handlers.h"

G_BEGIN_DECLS

/* What is asserted: a member of any object, or a variable. */
/* What is asserted: a member of any object, or a variable. */
typedef struct {
    HfFieldId field;
    HfSymId var;
} HfEventState;

typedef struct {
    const HfFlow *flow;
    HfId cond;
    uint32_t block; /* that asks, relative */
    HfEventState state;
    gint64 value;   /* that it must have; 0: any but 0 */
} HfAssertion;

/* A place that may make it true. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;
} HfEventMaker;

typedef struct {
    HfCheck *c;
    HfHandlers sources;
    GArray *assertions; /* HfAssertion */
    GHashTable *makers; /* hf_event_state_key() -> GArray of HfEventMaker;
                           NULL: anybody may make it true */
} HfEventRun;

/* ---- event_asserts.c ---------------------------------------------------- */

gint64 hf_event_state_key(HfEventState s);
/* FALSE: the path is neither. */
gboolean hf_event_state_of(const HfUnit *u, HfId path, HfEventState *out);
/* A HfFlowFn: adds a body's assertions, and that makers of them are sought. */
void hf_event_find_assertions(HfCheck *c, const HfFlow *flow, gpointer data);
/* Adds a body's makers, once all assertions are known. */
void hf_event_find_makers(HfEventRun *r, const HfFlow *flow);
/* Could it be this one, by the value it writes? */
gboolean hf_event_makes(const HfAssertion *a, const HfEventMaker *m);
/* Written in an object that the function has for itself. */
gboolean hf_event_is_local_object(const HfEventMaker *m);
/* It takes several values besides 0: a state, not whether something is
 * there. */
gboolean hf_event_is_one_of_many(const GArray *makers);
/* The object is the handler's own, not one of many that are looked
 * through. */
gboolean hf_event_is_own_object(const HfEventRun *r, const HfAssertion *a);
/* Somebody on the way from steps[at] asks for the same, or waits. */
gboolean hf_event_is_asked(const HfEventRun *r, const GArray *steps, guint at,
                           const HfAssertion *a);

/* ---- event_handlers.c --------------------------------------------------- */

/* It does not come only when the program asks for it, as a timer does. */
gboolean hf_event_comes_by_itself(const HfHandler *s);
/* The handlers that alone make it true: HfSymId; NULL when it is not they
 * alone.  (transfer full) */
GArray *hf_event_making_handlers(const HfEventRun *r, const HfAssertion *a,
                                 const GArray *makers,
                                 const HfEventMaker **example);
gboolean hf_event_has_handler(const GArray *handlers, HfSymId sym);
/* Nothing orders the handler behind those that make it true. */
gboolean hf_event_is_unordered(const HfEventRun *r, const HfAssertion *a,
                               const HfHandler *s, const GArray *makers,
                               gboolean *same_table);

G_END_DECLS

#endif
