/* SPDX-License-Identifier: MIT */
/*
 * critical.h - which locks are held where one waits: for a lock, for another
 * thread, for input.  Shared by ORDER_REVERSAL, WAIT_UNDER_LOCK and what-if.
 * Private to check.
 *
 * Critical pairs as in Infer's Starvation ("(locks held, event)"): for every
 * function the events that a call of it may come to, found bottom-up, each
 * with the locks taken and given up on the way there; where a function holds
 * a lock itself, the two make a pair.  Top-down, the locks that all and that
 * any callers hold on entry.
 *
 * Locks are told apart by class: a named capability, a variable, or a member
 * of a record, whatever object it is in.
 *
 * Ownership: one HfCritical a run of the checkers, made at first use, freed
 * with HfShared.  Read-only once made.  One thread.
 */
#ifndef HOLDFAST_CRITICAL_H
#define HOLDFAST_CRITICAL_H

#include "check/check.h"
#include "solve/phases.h"

G_BEGIN_DECLS

typedef enum {
    HF_CRIT_ACQUIRE,
    HF_CRIT_WAIT,     /* until somebody does `word` to the object */
    HF_CRIT_MAY_WAIT, /* the same, but it may end by itself */
    HF_CRIT_WAKE,     /* does `word` to the object */
} HfCritKind;

/* The word for the end of a thread; the profile has the effect `join`. */
#define HF_CRIT_EXIT "exit"
/* ... for memory that a loop waits for (critical_poll.h) ... */
#define HF_CRIT_CHANGE "change"
/* ... and for a coroutine that is entered again. */
#define HF_CRIT_ENTER "enter"

/* Interned sorted array of classes; 0 is the empty one. */
typedef uint32_t HfCritSet;

typedef struct {
    uint8_t kind; /* HfCritKind */
    gboolean shared;  /* ACQUIRE: shared mode suffices */
    gboolean retake;  /* ACQUIRE: after a wait that gave it up */
    uint8_t n_slots;  /* function pointers on the way */
    gboolean wide;    /* one of them may call several functions */
    uint16_t hops;    /* calls on the way */
    const char *word; /* until, what; NULL: not said */
    HfX object; /* lock, or what is waited for or woken, as the function that
                   has the event names it; 0: it cannot */
    HfX cls;    /* its class; 0: depends on a parameter, or is not known */
    HfCritSet held, absent; /* on the way, since entry to the function */
    uint32_t event; /* call that leads there */
    HfSymId callee; /* called there; 0: the call is the event itself */
    uint32_t index; /* of the row in callee's events */
    uint32_t next;  /* row + 1 of the same event with other locks */
} HfCritEvent;

/* A lock that is held where an event may come. */
typedef struct {
    HfX cls;
    HfX lock;    /* in the function's terms; the class when held on entry */
    HfHold hold; /* event UINT32_MAX: on entry */
    gboolean must;
    HfSymId sym; /* the function that holds it */
    HfCritEvent what; /* in that function's terms */
} HfCritPair;

typedef struct HfCritical HfCritical;

/* The table of this run of the checkers; borrowed. */
HfCritical *hf_critical_of(HfCheck *c);
void hf_critical_free(HfCritical *cr);

/* ---- classes (critical_class.c) ----------------------------------------- */

/* Class of a lock; 0: a parameter's own, or not known. */
HfX hf_critical_class(const HfCritical *cr, HfX lock);
/* The same for what is waited for: its path, without what it starts from. */
HfX hf_critical_path(const HfCritical *cr, HfX object);
/* The object that the value of an argument stands for. */
HfX hf_critical_object(const HfCritical *cr, HfX value);
/* Can they be the same object?  Each as some function names it, or a path. */
gboolean hf_critical_may_alias(const HfCritical *cr, HfX a, HfX b);
/* There is only one object that it can be. */
gboolean hf_critical_is_single(const HfCritical *cr, HfX cls);
/* The same, as a function names it: part of a variable is one, too. */
gboolean hf_critical_is_one(const HfCritical *cr, HfX lock);
gboolean hf_critical_is_lock(const HfCritical *cr, HfX cls);
/* Whoever waits for it yields: made for coroutines. */
gboolean hf_critical_yields(const HfCritical *cr, HfX cls);
/* Whoever waits for it blocks: a type that the profile knows. */
gboolean hf_critical_blocks(const HfCritical *cr, HfX cls);
gboolean hf_critical_spins(const HfCritical *cr, HfX cls);

HfCritSet hf_critical_set(HfCritical *cr, HfX *classes, guint n);
const HfX *hf_critical_members(const HfCritical *cr, HfCritSet s, guint *n);
gboolean hf_critical_has(const HfCritical *cr, HfCritSet s, HfX cls);
gboolean hf_critical_subset(const HfCritical *cr, HfCritSet a, HfCritSet b);
/* a without what is in b, and what is in c. */
HfCritSet hf_critical_update(HfCritical *cr, HfCritSet a, HfCritSet b,
                             HfCritSet c);

/* ---- events (critical.c) ------------------------------------------------ */

/* HfCritEvent that a call of sym may come to; NULL when there are none. */
const GArray *hf_critical_events(const HfCritical *cr, HfSymId sym);

/* What one call may come to, in flow's terms. */
typedef void (*HfCritEventFn)(HfCritical *cr, const HfFlow *flow,
                              const HfCall *call, const HfCritEvent *e,
                              gpointer data);
void hf_critical_at(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                    HfCritEventFn fn, gpointer data);

/* ---- what is held (critical_held.c) ------------------------------------- */

void hf_critical_find_entries(HfCritical *cr);
/* On entry: on all ways in, on any. */
gboolean hf_critical_on_entry(const HfCritical *cr, HfSymId sym, HfX cls);
gboolean hf_critical_maybe_on_entry(const HfCritical *cr, HfSymId sym,
                                    HfX cls);
/* sym itself says that it is entered with the lock: a declaration, an
 * assertion, the way it is started. */
gboolean hf_critical_declares(const HfCritical *cr, HfSymId sym, HfX cls);
/* At an event, callers included, on every path. */
gboolean hf_critical_holds(const HfCritical *cr, const HfFlow *flow,
                           HfHolds must, HfX cls);
/* Classes held at a call, callers included, on every path. */
HfCritSet hf_critical_all_at(HfCritical *cr, const HfFlow *flow,
                             const HfCall *call);

/* Every pair of the program, functions in order. */
typedef void (*HfCritPairFn)(HfCritical *cr, const HfCritPair *pair,
                             gpointer data);
void hf_critical_each_pair(HfCritical *cr, HfCritPairFn fn, gpointer data);

/* ---- order (critical_flow.c) -------------------------------------------- */

/* After that event the program ends: nobody waits for what it does there. */
gboolean hf_critical_dies(HfCritical *cr, const HfFlow *flow, uint32_t event);
/* Whenever control gets to `then`, again too, it has passed `first` since. */
gboolean hf_critical_always_before(const HfFlow *flow, uint32_t first,
                                   uint32_t then);

/* ---- telling it (critical_trace.c) -------------------------------------- */

/* How the thread got to pair's function, where the lock was taken. */
int hf_critical_trace_hold(HfCritical *cr, HfFinding *f,
                           const HfCritPair *pair, const HfContext *ctx);
/* The calls from e to the event itself, which is told last; first: also the
 * one in flow. */
void hf_critical_trace(HfCritical *cr, HfFinding *f, const HfFlow *flow,
                       const HfCritEvent *e, int depth, gboolean first);
/* The flow and call of the event itself. */
const HfFlow *hf_critical_end(const HfCritical *cr, const HfFlow *flow,
                              const HfCritEvent *e, uint32_t *event);
/* "lock \"s->m\"", in words of the function; (transfer full). */
char *hf_critical_name(HfCritical *cr, const HfFlow *flow, HfX object,
                       HfX cls);

/* ---- private to critical_*.c -------------------------------------------- */

struct HfCritical {
    HfCheck *check;
    const HfSolved *s;
    HfXTable *t;
    HfPhases *phases;
    GArray **events; /* HfCritEvent, by HfSymId */
    GHashTable *live; /* critical_flow.c */
    HfX coroutine;    /* the mode, 0: the profile has none */
    GHashTable *rows; /* of an event: first row + 1 */
    GHashTable *words; /* interned until and what */
    GHashTable *polled; /* function and event -> GArray of HfPolled */
    /* sets */
    GArray *set_rows;  /* HfX */
    GArray *set_spans; /* first, n */
    GHashTable *set_index;
    GHashTable *hold_sets; /* HfHolds -> held and absent */
    /* entries */
    GHashTable *bits; /* class -> bit + 1 */
    GArray *classes;  /* HfX, by bit */
    guint n_words;
    guint64 *all, *any, *own; /* by HfSymId * n_words */
};

void hf_critical_sets_init(HfCritical *cr);
void hf_critical_sets_clear(HfCritical *cr);
/* Not only because a callee is believed to give it back and take it. */
static inline gboolean hf_critical_really_held(const HfHold *h)
{
    return (~h->flags & (HF_HOLD_ASSUMED | HF_HOLD_DROPPED)) != 0;
}
/* Classes held and known absent in a set of holds. */
void hf_critical_of_holds(HfCritical *cr, HfHolds holds, HfCritSet *held,
                          HfCritSet *absent);

G_END_DECLS

#endif
