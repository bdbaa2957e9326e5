/* SPDX-License-Identifier: MIT */
/*
 * solve.h - what is held where, over the whole program.
 *
 * Two passes.  Bottom-up, each body is run once over abstract states (locks
 * relative to entry, known values of conditions, what locals stand for), with
 * its callees' summaries; the result is a HfFlow: every access, call and lock
 * operation with the locks held there relative to the function's entry, and
 * a summary.  Top-down, entry contexts are propagated: what callers hold,
 * what is known to be absent, in which role, with a link to the call that
 * brought it, so that any finding can be traced back to a root.
 *
 * No clock and no randomness: the same program gives the same result.
 *
 * Ownership: HfSolved owns everything and refers to the program, which must
 * outlive it.  Immutable once returned.
 */
#ifndef HOLDFAST_SOLVE_H
#define HOLDFAST_SOLVE_H

#include "solve/contract.h"

G_BEGIN_DECLS

/* ---- locks held --------------------------------------------------------- */

typedef enum {
    HF_HOLD_ABSENT = -1, /* known not to be held */
    HF_HOLD_INHERITED = 0, /* as on entry */
    HF_HOLD_HELD = 1,
} HfHoldNow;

typedef enum {
    HF_HOLD_SHARED = 1u << 0,   /* held in shared mode */
    HF_HOLD_DROPPED = 1u << 1,  /* released at some point since entry though
                                   it was held on entry */
    HF_HOLD_ASSUMED = 1u << 2,  /* by a test, an assertion or a contract, not
                                   by an acquisition here */
    HF_HOLD_FORGOTTEN = 1u << 3, /* states were merged: do not report leaks */
    HF_HOLD_MOVED = 1u << 4,    /* since it went on in another event loop:
                                   says nothing about the entry */
} HfHoldFlags;

/* One lock relative to the function's entry. */
typedef struct {
    HfX lock;
    int8_t now;   /* HfHoldNow */
    int8_t delta; /* acquisitions minus releases since entry */
    uint16_t flags;
    uint32_t event; /* that took or released it, relative; for traces */
} HfHold;

/* Interned sorted array of HfHold; 0 is the empty one. */
typedef uint32_t HfHolds;

/* ---- what happened in a body -------------------------------------------- */

/* Events are relative to the function's first_event. */
typedef struct {
    uint32_t event;
    HfX path; /* object read or written */
    HfHolds must; /* weakest over all paths that reach it */
    HfHolds may;  /* strongest over all paths */
    uint8_t kind; /* HfEventKind */
    gboolean fresh; /* object allocated here and not yet published */
    uint8_t arg; /* not 0: the event is a call, of which this argument less one
                    leads to the object */
    gboolean renamed; /* path is its name in some states only: must and may,
                         where they speak of it, mean other objects too */
} HfAccess;

typedef struct {
    uint32_t event;
    HfHolds must, may;
    uint32_t first_arg; /* into HfFlow.args */
    uint32_t n_args;
    HfX callee; /* CALL_INDIRECT: value of the pointer, 0 when it varies */
    guint32 fresh_args; /* bit per argument that is a fresh object */
} HfCall;

/* An UNSIGNED_DIFF event that is reached. */
typedef struct {
    uint32_t event;
    gboolean bounded; /* a >= b is known on every path to it */
} HfDiff;

typedef enum { HF_LOCK_ACQUIRE, HF_LOCK_RELEASE } HfLockOpKind;

typedef struct {
    uint32_t event;
    HfX lock;
    uint8_t kind; /* HfLockOpKind */
    gboolean shared;
    gboolean conditional; /* try-lock, or on some paths of a callee only */
    HfSymId via;   /* callee whose summary does it; 0: a primitive */
    uint32_t maybe; /* of relocks: HfTake.maybe */
    HfHold before; /* the lock just before; lock 0 when nothing is known */
} HfLockOp;

typedef enum { HF_RESULT_ANY, HF_RESULT_ZERO, HF_RESULT_NONZERO } HfResult;

/* What one conditional value is known to be: on entry, or, when it was
 * written here (STORED), by now. */
typedef enum {
    HF_FACT_ZERO,
    HF_FACT_NONZERO,
    HF_FACT_EQ,
    HF_FACT_NE,
} HfFactKind;
typedef enum { HF_FACT_STORED = 1u << 0 } HfFactFlags;
typedef struct {
    HfX key;
    uint16_t kind;  /* HfFactKind */
    uint16_t flags; /* HfFactFlags */
    int64_t value;
} HfFact;

/* A lock that the function takes while it is held as on entry: whoever calls
 * it with that lock held, and these facts true, waits for itself. */
#define HF_TAKE_FACTS 6
typedef struct {
    uint32_t event;
    HfX lock; /* visible at entry */
    HfSymId via; /* callee that takes it; 0: taken here */
    gboolean shared;
    uint32_t maybe; /* functions on the way down that do so on some of their
                       paths only; one more when they never come back */
    uint32_t explained; /* those of them for which facts say when */
    uint32_t n_facts;
    HfFact facts[HF_TAKE_FACTS];
} HfTake;

/* One way out, before ways with equal locks are merged into a HfExit. */
typedef struct {
    uint32_t event; /* RETURN, or UINT32_MAX at the closing brace */
    HfResult result;
    HfX value; /* returned, 0 unknown; may be the function's own */
    HfHolds holds;
} HfLeave;

typedef struct {
    uint32_t event; /* RETURN, or UINT32_MAX at the closing brace */
    HfResult result;
    HfX value;     /* returned, in entry terms, 0 unknown */
    HfHolds holds;
    GArray *facts; /* HfFact on entry-visible values */
} HfExit;

/* ---- entry contexts ----------------------------------------------------- */

typedef enum {
    HF_CLASS_NONE,
    HF_CLASS_GS,
    HF_CLASS_IO,
    HF_CLASS_IO_OR_GS,
} HfContextClass;

typedef struct {
    HfHolds held;     /* locks held on entry in this function's terms */
    guint64 caps;     /* named capabilities held, by index */
    guint64 absent;   /* named capabilities known not to be held */
    gboolean complete; /* the root is known: what is not held is absent */
    HfContextClass cls; /* of the nearest annotated function above */
    guint32 fresh_params;
    uint32_t n_slots;   /* function pointers between the root and here */
    int role;           /* index into HfSolved roles, -1 unknown */
    const struct HfFlow *special; /* what is left of the body with the
                           constants it is called with; NULL: all of it */
    /* where it came from; parent 0: this function is the root */
    HfSymId parent;
    uint32_t parent_context;
    uint32_t parent_event;
} HfContext;

/* ---- roles -------------------------------------------------------------- */

/* How a thread is joined, and what says that two places mean the same one: a
 * member of any object, a variable, or a place in one function. */
typedef struct {
    HfFieldId field; /* 0: the variable or place */
    HfSymId var;     /* 0: the place in that function only */
    HfSymId in;
    HfX object;      /* the handle itself, in that function's terms; 0 none */
} HfHandle;

/* A call that makes a thread of the role, or waits until it has ended. */
typedef struct {
    HfSymId in;
    uint32_t event; /* of the call, relative */
    HfSymId entry;  /* starts: the function that will run; joins: 0 */
    HfX data;       /* starts: what it is given, in that function's terms; 0
                       not known */
    HfHandle handle;
    HfHandle kept;   /* starts by a function that makes threads: what its
                        caller keeps of the thread; object 0: not known */
    gboolean shared; /* joins: threads of other roles are joined there as
                        well, and which one comes cannot be told */
} HfRolePoint;

typedef enum {
    HF_ROLE_DECLARED, /* as the profile says */
    HF_ROLE_STARTED_ONCE,
    HF_ROLE_IN_LOOP,      /* started in a loop */
    HF_ROLE_SEVERAL_STARTS,
    HF_ROLE_STARTER_REPEATS, /* what starts it may run more than once */
    HF_ROLE_EVENTS,       /* callbacks of an event loop, which one is not
                             known */
    HF_ROLE_NEVER_STARTED, /* nobody is seen to start it */
} HfRoleCount;

/* Who runs code: threads that start in the same function, or by the profile
 * belong together; or callbacks of one kind. */
typedef struct {
    char *name;
    gboolean unique;   /* at most one thread plays it at a time */
    HfRoleCount count; /* why unique, or why not */
    HfRunKind run;     /* how its entries are run: THREAD, BH, ... */
    const HfRoleRule *rule; /* NULL: from a creation or an annotation */
    GArray *entries;   /* HfSymId, ascending */
    GArray *starts;    /* HfRolePoint, by function and event; threads only */
    GArray *joins;     /* HfRolePoint that wait for one of these starts */
} HfRole;

/* Who has some event loop run a function. */
typedef struct {
    HfSymId in;
    HfRunKind run;
} HfSetUp;

/* ---- per function ------------------------------------------------------- */

#define HF_MAX_GIVEN 16

typedef struct HfFlow {
    HfSymId sym;
    const HfUnit *unit;
    const HfFunction *fn;
    GArray *accesses; /* HfAccess, by event */
    GArray *addresses; /* HfAccess, by event: objects whose address is taken */
    GArray *calls;    /* HfCall, by event */
    GArray *lock_ops; /* HfLockOp, by event */
    GArray *diffs;    /* HfDiff, by event */
    GArray *exits;    /* HfExit; also the summary */
    GArray *leaves;   /* HfLeave, by event; empty when it never uses locks */
    GArray *takes;    /* HfTake, by event */
    HfHolds owed;     /* what every way out gives back that was not taken here:
                         until then it is held, whoever the caller is */
    GArray *relocks;  /* HfLockOp, by event: a callee takes what is held here
                         (and may well give it back) */
    GArray *args;     /* HfX */
    HfX returns;      /* what every return gives, 0 when they differ */
    guint32 leaks;    /* bit per parameter that is stored somewhere, or passed
                         to who may do so */
    guint64 asserts;  /* named capabilities asserted on every path */
    guint64 asserts_itself; /* those of them not by what it calls */
    guint32 asks;     /* bit per parameter that some branch may depend on */
    const HfX *given; /* HF_MAX_GIVEN of them: parameters that are constants,
                         0: not; NULL: of none is anything known */
    guint n_specials; /* made of this one so far */
    gboolean making;  /* one of them is under way */
    gboolean differs; /* given: it matters to contexts, too */
    gboolean returns_at_all;
    gboolean returns_fresh; /* an object that nobody else has seen, or NULL */
    gboolean imprecise; /* too many states: judged with care */
    gboolean taken_over; /* some caller releases what this acquires */
    gboolean skip;       /* primitive, or NO_ANALYSIS */
    HfContextClass cls;  /* declared or asserted context */
    gboolean coroutine, no_coroutine, mixed; /* declared */
    GArray *contexts;    /* HfContext */
} HfFlow;

typedef struct {
    const HfProgram *program;
    HfXTable *exprs;
    HfContracts *contracts;
    HfFlow **flows;   /* by HfSymId; NULL without a body */
    GArray *roles;    /* HfRole */
    GHashTable *role_ids; /* their names -> index + 1 */
    int *thread_role; /* by HfSymId: role of threads that start there, or -1 */
    guint16 *runs;    /* by HfSymId: bit per HfRunKind that it is given to */
    GHashTable *set_up; /* HfSymId -> GArray of HfSetUp */
    gpointer priv;
    GHashTable *specials; /* special.c */
    struct HfWriters *writers;
    struct HfLoops *loops; /* loops.c; NULL when the rules know none */
    struct HfPhases *phases; /* phases.h; what it is asked it remembers */
} HfSolved;

HfSolved *hf_solve(const HfProgram *program);
void hf_solved_free(HfSolved *s);

/* ---- questions ---------------------------------------------------------- */

const HfHold *hf_holds(const HfSolved *s, HfHolds id, guint *n);
/* In that set alone; NULL when the set says nothing. */
const HfHold *hf_holds_find(const HfSolved *s, HfHolds id, HfX lock);
/* Some lock is certainly held. */
gboolean hf_holds_any(const HfSolved *s, HfHolds id);

typedef enum { HF_ABSENT = -1, HF_UNSURE = 0, HF_HELD = 1 } HfTri;

/*
 * Is lock held at a point of flow where `local` is held relative to entry,
 * when the function is entered in context ctx (NULL: only locally)?
 * HF_UNSURE when nothing tells.
 */
HfTri hf_held(const HfSolved *s, const HfFlow *flow, const HfContext *ctx,
              HfHolds local, HfX lock, gboolean *shared);

/* FALSE: with the constants that this context brings, the access or call is
 * never reached.  *must: what is held there, else left alone. */
gboolean hf_context_reaches(const HfContext *ctx, const HfFlow *flow,
                            uint32_t event, HfHolds *must);

/* Events of the facts behind relative numbers. */
const HfEvent *hf_flow_event(const HfFlow *flow, uint32_t event);
const HfLoc *hf_flow_loc(const HfFlow *flow, uint32_t event);
/* The call recorded at an event; NULL when no path reaches it. */
const HfCall *hf_flow_call(const HfFlow *flow, uint32_t event);

/* What the callee calls x, as the caller calls it; 0 when it cannot. */
HfX hf_call_named(const HfSolved *s, const HfFlow *caller, const HfCall *call,
                  HfX x);

/* Ids of targets of a call, as hf_program_targets or the direct callee. */
guint hf_call_targets(const HfSolved *s, const HfFlow *flow,
                      const HfCall *call, const HfSymId **targets,
                      HfFieldId *slot);

/* A mark (GLOBAL_STATE_CODE() and its like) that speaks of one branch only:
 * code after it can be reached without it.  The second for a mark seen as
 * text; facts: of its unit. */
gboolean hf_mark_in_branch(const HfFlow *flow, uint32_t event);
gboolean hf_mark_place_in_branch(const HfFlow *flow, const HfProgAnnot *a,
                                 const HfFacts *facts);

/* For tables by 64 bits that are two ids: unlike g_int64_hash(), which looks
 * at the low half only. */
guint hf_key_hash(gconstpointer key);

/* Does a call with these constants get to that call in the callee?  TRUE when
 * nothing tells. */
gboolean hf_call_may_reach(const HfSolved *s, const HfFlow *flow,
                           const HfCall *call, HfSymId callee,
                           uint32_t event);

/* HfSetUp of a function, of those that are known by their loop; NULL when
 * there are none.  Borrowed. */
const GArray *hf_set_up_by(const HfSolved *s, HfSymId sym);

/* Functions that the callee runs before it returns, by a rule's callback
 * effect: HfSymId, NULL when there are none.  (transfer full) */
GArray *hf_call_runs_now(const HfSolved *s, const HfFlow *flow,
                         const HfCall *call);

G_END_DECLS

#endif
