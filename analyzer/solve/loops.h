/* SPDX-License-Identifier: MIT */
/*
 * loops.h - which event loop runs what.  Private to solve.
 *
 * A callback runs in the loop that it was registered with, and loops are
 * values: got from functions whose rule says which loop they give, kept in
 * members, handed on.  So are the handles that stand for a function until
 * somebody has a loop run it (a coroutine, a queue with its handler).  Both
 * are followed through the program, flow-insensitively and with one node for
 * a member of all objects, by the types that the rules' functions give.
 */
#ifndef HOLDFAST_LOOPS_H
#define HOLDFAST_LOOPS_H

#include "solve/callbacks.h"

G_BEGIN_DECLS

/* A loop (GIVES_LOOP, no target), or a function and how it is run. */
typedef HfCallback HfLoopValue;

typedef struct HfLoops HfLoops;

/* Needs s->contracts and s->flows, not yet run.  NULL when the rules know no
 * loop; the questions below have no answer then. */
HfLoops *hf_loops_new(const HfSolved *s);
void hf_loops_free(HfLoops *l);

/* What an argument of a call may be, in the order of the program; NULL when
 * nothing is known.  *others: or something else.  Borrowed. */
const GArray *hf_loops_argument(const HfLoops *l, const HfFlow *f,
                                uint32_t event, int arg, gboolean *others);

/* One function that a call has some loop run. */
typedef struct {
    HfSymId target;
    const HfEffect *callback; /* how it is run */
    const HfEffect *loop;     /* where; NULL: not known */
} HfLoopRun;

/* Of a call, by the loops and handles given to it: HfLoopRun, NULL when there
 * are none.  A function that has such a rule itself says nothing in its body:
 * it is told where it is called.  (transfer full) */
GArray *hf_loops_runs(const HfSolved *s, const HfFlow *f, const HfCall *call);

/* What is held wherever a call that moves to a loop may go on: capabilities,
 * by bit; *touched: those that depend on the loop. */
guint64 hf_loops_moved(const HfSolved *s, const HfFlow *f, uint32_t event,
                       int arg, guint64 *touched);

/* Capabilities by name, as bits. */
guint64 hf_caps_named(const HfSolved *s, const GPtrArray *names);
/* Those that some loop holds and others do not. */
guint64 hf_loops_caps(const HfSolved *s);

G_END_DECLS

#endif
