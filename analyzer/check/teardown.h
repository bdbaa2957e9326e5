/* SPDX-License-Identifier: MIT */
/*
 * teardown.h - what a thread uses, and what is freed or cleared where.
 * Private to TEARDOWN_RACE.
 */
#ifndef HOLDFAST_TEARDOWN_H
#define HOLDFAST_TEARDOWN_H

#include "check/frees.h"
#include "check/meet.h"

G_BEGIN_DECLS

/* Of HfThreadUse.joins: less by one for each call up from there. */
#define HF_JOINS_ITSELF 3

/* What the threads of one role touch. */
typedef struct {
    int role;
    GHashTable *things;  /* HfSubjectKey -> HfSeen, the first use; locks too */
    GHashTable *records; /* HfRecId -> HfSeen: objects whose members it uses */
    GHashTable *given;   /* HfRecId: what its data leads to */
    guint8 *starts;      /* by HfSymId: not 0: it, or a callee, starts some */
    guint8 *joins;       /* by HfSymId: not 0: it, or a callee, waits for
                            them */
} HfThreadUse;

typedef struct {
    HfCheck *c;
    HfFrees frees;
    HfPhases *phases;
    GPtrArray *threads; /* HfThreadUse, by role */
    GHashTable *memo;   /* HfSymId -> GArray of HfGone, of its own and of
                           its callees */
    GPtrArray *made;    /* HfAccess made for uses of locks */
    GHashTable *told;   /* "function event role" */
    GHashTable *first;  /* "function event subject" -> HfFinding */
} HfTeardown;

typedef enum { HF_GONE_FREED, HF_GONE_DESTROYED, HF_GONE_CLEARED,
               HF_GONE_NULLED } HfGoneHow;

/* Something is no more after an event. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;
    HfX object;        /* the pointer freed, or what is cleared */
    HfX own;           /* the same in the terms of flow */
    HfSubjectKey key;  /* the member or variable that names it, 0: none */
    HfRecId record;    /* of the object, 0 unknown */
    HfGoneHow how;
    guint depth;       /* calls from the function asked about to flow */
    gboolean unnamed;  /* that function has no name for it */
} HfGone;

typedef enum {
    HF_TEARDOWN_BEFORE_JOIN,
    HF_TEARDOWN_NEVER_JOINED,
    HF_TEARDOWN_STACK_GONE,
    HF_TEARDOWN_ELSEWHERE,
} HfTeardownShape;

/* One thing that goes too early. */
typedef struct {
    const HfThreadUse *thread;
    HfGone gone;
    const HfFlow *flow; /* that lets it happen */
    uint32_t event;     /* there: frees it, or calls who does */
    uint32_t other;     /* the join, or the start */
    const HfSeen *use;
    gboolean sure;
    gboolean asks; /* the thread looks whether there is something */
    HfTeardownShape shape;
} HfTeardownFault;

/* ---- teardown_report.c -------------------------------------------------- */

const HfRole *hf_teardown_role(const HfTeardown *r, const HfThreadUse *u);
/* Once for each function, event and role, or member and role. */
void hf_teardown_report(HfTeardown *r, const HfTeardownFault *k);

/* ---- teardown_order.c, teardown_start.c --------------------------------- */

void hf_teardown_check_order(HfTeardown *r, const HfThreadUse *u,
                             const HfFlow *flow);
void hf_teardown_check_start(HfTeardown *r, const HfThreadUse *u,
                             const HfRolePoint *start);

/* ---- teardown_joins.c --------------------------------------------------- */

gboolean hf_teardown_has_point(const GArray *points, HfSymId in,
                               uint32_t event);
gboolean hf_teardown_calls_joiner(const HfTeardown *r, const HfThreadUse *u,
                                  const HfFlow *flow, const HfCall *call);
/* The first join after the event, and none before it; UINT32_MAX: no. */
uint32_t hf_teardown_joined_after(const HfTeardown *r, const HfThreadUse *u,
                                  const HfFlow *flow, uint32_t event);
/* It is started between the two, perhaps once more: what went before may be
 * another's. */
gboolean hf_teardown_starts_between(const HfTeardown *r, const HfThreadUse *u,
                                    const HfFlow *flow, uint32_t from,
                                    uint32_t to);
/* What is joined after the event is, or may be, started after it as well. */
gboolean hf_teardown_starts_before_join(const HfTeardown *r,
                                        const HfThreadUse *u,
                                        const HfFlow *flow, uint32_t event);
/* In every role the function is known to run in, no such thread exists yet.
 * (That one was joined before may be said of another one, where all threads
 * are joined in one function.) */
gboolean hf_teardown_none_alive(HfTeardown *r, const HfThreadUse *u,
                                const HfFlow *flow, uint32_t event);
/* Fills starts and joins of u. */
void hf_teardown_find_joins(HfTeardown *t, HfThreadUse *u, const HfRole *r);
/* The function and its direct callers, to that depth. */
void hf_teardown_mark(HfTeardown *t, guint8 *marks, HfSymId in, int depth);

/* ---- teardown_facts.c --------------------------------------------------- */

void hf_teardown_init(HfTeardown *t, HfCheck *c);
void hf_teardown_clear(HfTeardown *t);

/* What one event of flow makes go; FALSE: nothing. */
gboolean hf_teardown_gone(HfTeardown *t, const HfFlow *flow, uint32_t event,
                          HfGone *gone);
/* What a call of sym makes go, callees included; objects in the terms of sym,
 * where it has a name for them.  Borrowed. */
const GArray *hf_teardown_all(HfTeardown *t, HfSymId sym);
/* The same in the terms of the function that makes the call; FALSE: it is the
 * callee's own, or a local of that function. */
gboolean hf_teardown_through(const HfTeardown *t, const HfFlow *flow,
                             const HfCall *call, HfGone *gone);

/* It was unlinked under a lock before. */
gboolean hf_teardown_taken_out(const HfTeardown *t, const HfGone *gone);

/* How the thread uses what is gone; NULL: it does not.  sure: by the name it
 * is known by, and not by its type alone. */
const HfSeen *hf_teardown_use(const HfThreadUse *u, const HfGone *gone,
                              gboolean *sure);

G_END_DECLS

#endif
