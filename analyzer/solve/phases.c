/* SPDX-License-Identifier: MIT */
#include "solve/phases.h"
#include "solve/life.h"
#include "solve/roles.h"
#include "solve/address_taken.h"

#include <string.h>

/* Calls followed up from a context to its root. */
#define MAX_LEVELS 64

/* A role's threads, seen from the one that starts them. */
typedef struct {
    int starter;  /* role, -1: cannot be told */
    HfLife *life; /* NULL: cannot be told */
} Seen;

struct HfPhases {
    const HfSolved *s;
    Seen **lives; /* by role, NULL until asked for; the last is anyone's */
    HfRole anyone; /* starts: whatever makes code run beside its caller */
    int first;     /* role of the thread that the program begins with, -1 */
    HfAddressTaken *taken;      /* NULL until asked for */
    GHashTable *unknown; /* HfSymId -> Callback */
};

/* A function that something unknown calls: it "starts" where its address is
 * taken. */
typedef struct {
    HfRole role; /* starts: borrowed */
    HfLife *life; /* NULL until asked for */
    gboolean asking; /* whether it can be called is being worked out */
} Callback;

/* The role of main(), if that is nothing that something else starts. */
static int first_role(const HfSolved *s)
{
    for (guint i = 0; i < s->roles->len; i++) {
        const HfRole *role = &g_array_index(s->roles, HfRole, i);

        for (guint k = 0; role->unique && !role->starts->len &&
                          k < role->entries->len; k++) {
            if (strcmp(HF_PROGRAM_SYM(s->program,
                                      g_array_index(role->entries, HfSymId,
                                                    k))->name, "main") == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* Callbacks of event loops run in whoever loops, not beside. */
static gboolean runs_beside(HfRunKind run)
{
    return run == HF_RUN_THREAD || run == HF_RUN_POOL || run == HF_RUN_RCU;
}

static void collect_anyone(HfPhases *ph)
{
    const GArray *order = ph->s->program->functions;

    ph->anyone.starts = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
    ph->anyone.joins = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = ph->s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, k);
            const HfEvent *e = hf_flow_event(f, call->event);
            const HfContract *c =
                e->kind == HF_EV_CALL
                    ? hf_contract_of(ph->s->contracts,
                                     f->unit->symbols[e->sym]) : NULL;

            for (guint n = 0; HF_CONTRACT_HAS(c, HF_EFF_CALLBACK) &&
                              n < c->clauses->len; n++) {
                const HfClause *cl = &g_array_index(c->clauses, HfClause, n);
                HfRolePoint p = { .in = f->sym, .event = call->event };

                if (cl->kind == HF_EFF_CALLBACK &&
                    runs_beside(cl->effect->run)) {
                    g_array_append_val(ph->anyone.starts, p);
                    break;
                }
            }
        }
    }
}

static void seen_free(Seen *seen)
{
    if (seen) {
        hf_life_free(seen->life);
        g_free(seen);
    }
}

static void callback_free(gpointer data)
{
    Callback *cb = data;

    hf_life_free(cb->life);
    g_array_unref(cb->role.joins);
    g_free(cb);
}

HfPhases *hf_phases_new(const HfSolved *s)
{
    HfPhases *ph = g_new0(HfPhases, 1);

    ph->s = s;
    ph->lives = g_new0(Seen *, s->roles->len + 1);
    ph->first = first_role(s);
    ph->unknown = g_hash_table_new_full(NULL, NULL, NULL, callback_free);
    collect_anyone(ph);
    return ph;
}

void hf_phases_free(HfPhases *ph)
{
    if (!ph) {
        return;
    }
    for (guint i = 0; i <= ph->s->roles->len; i++) {
        seen_free(ph->lives[i]);
    }
    g_hash_table_unref(ph->unknown);
    hf_address_taken_free(ph->taken);
    g_array_unref(ph->anyone.starts);
    g_array_unref(ph->anyone.joins);
    g_free(ph->lives);
    g_free(ph);
}

const HfSolved *hf_phases_solved(const HfPhases *ph)
{
    return ph->s;
}

static const HfRole *role_at(const HfPhases *ph, int id)
{
    return (guint)id == ph->s->roles->len
               ? &ph->anyone : &g_array_index(ph->s->roles, HfRole, id);
}

/* ---- who starts them ---------------------------------------------------- */

/* The one role that starts them, if it is there once in the program's life.
 * Callbacks that nobody is seen to call may start them as well where main()
 * does: they come once it has set the program up. */
static int find_starter(const HfPhases *ph, const HfRole *role)
{
    int starter = -1;
    gboolean unknown = FALSE;

    if (role == &ph->anyone) {
        return ph->first;
    }
    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);
        const HfFlow *f = ph->s->flows[p->in];

        for (guint k = 0; k < f->contexts->len; k++) {
            int r = g_array_index(f->contexts, HfContext, k).role;

            if (r < 0) {
                unknown = TRUE;
            } else if (starter >= 0 && r != starter) {
                return -1;
            } else {
                starter = r;
            }
        }
    }
    if (starter < 0 || (unknown && starter != ph->first) ||
        !role_at(ph, starter)->unique ||
        (role_at(ph, starter)->starts->len &&
         role_at(ph, starter)->count != HF_ROLE_STARTED_ONCE)) {
        return -1;
    }
    return starter;
}

/* ---- how they live ------------------------------------------------------- */

static const Seen *life_of(HfPhases *ph, int id)
{
    if (!ph->lives[id]) {
        const HfRole *role = role_at(ph, id);
        Seen *seen = g_new0(Seen, 1);

        seen->starter = find_starter(ph, role);
        if (seen->starter >= 0 && role_at(ph, seen->starter) != role) {
            seen->life = hf_life_new(ph->s, role,
                                     role_at(ph, seen->starter));
        } else {
            seen->starter = -1;
        }
        ph->lives[id] = seen;
    }
    return ph->lives[id];
}

/* What may be, of threads of the role; 0: it cannot be told. */
static guint8 now_at(HfPhases *ph, int id, int in_role, const HfFlow *flow,
                     uint32_t event)
{
    const Seen *seen = life_of(ph, id);

    return seen->life && seen->starter == in_role
               ? hf_life_at(seen->life, flow, event) : 0;
}

/* ---- threads that threads start ----------------------------------------- */

/* The starter does not end before it has joined what it started. */
static gboolean starter_waits(const HfPhases *ph, const Seen *seen)
{
    const HfRole *starter = role_at(ph, seen->starter);

    for (guint i = 0; i < starter->entries->len; i++) {
        HfSymId entry = g_array_index(starter->entries, HfSymId, i);
        guint8 now = hf_life_at_end(seen->life, ph->s->flows[entry]);

        if (now & HF_LIFE_RUNNING || !now) {
            return FALSE;
        }
    }
    return starter->entries->len != 0;
}

#define MAX_STARTERS 4

static HfPhase phase(HfPhases *ph, int id, int in_role, const HfFlow *flow,
                     uint32_t event, guint depth)
{
    const Seen *seen = life_of(ph, id);
    HfPhase above;

    if (seen->starter < 0 || seen->starter == in_role ||
        depth == MAX_STARTERS) {
        guint8 now = now_at(ph, id, in_role, flow, event);

        return !now || now & HF_LIFE_RUNNING ? HF_PHASE_ALIVE
               : now & HF_LIFE_ENDED         ? HF_PHASE_JOINED
                                     : HF_PHASE_BEFORE;
    }
    above = phase(ph, seen->starter, in_role, flow, event, depth + 1);
    return above == HF_PHASE_JOINED && !starter_waits(ph, seen)
               ? HF_PHASE_ALIVE : above;
}

HfPhase hf_phase(HfPhases *ph, int role, int in_role, const HfFlow *flow,
                 uint32_t event)
{
    return phase(ph, role, in_role, flow, event, 0);
}

gboolean hf_phase_is_known(HfPhases *ph, int role)
{
    return life_of(ph, role)->life != NULL;
}

gboolean hf_phase_alone(HfPhases *ph, int in_role, const HfFlow *flow,
                        uint32_t event)
{
    /* who never starts any has them started in ways that are not known */
    return in_role >= 0 && in_role == ph->first && ph->anyone.starts->len &&
           now_at(ph, (int)ph->s->roles->len, in_role, flow, event) ==
               HF_LIFE_NOT_YET;
}

/* ---- callbacks of whom nobody knows -------------------------------------- */

static Callback *callback_of(HfPhases *ph, HfSymId sym)
{
    Callback *cb = g_hash_table_lookup(ph->unknown, GUINT_TO_POINTER(sym));

    if (!cb) {
        ph->taken = ph->taken ? ph->taken : hf_address_taken_new(ph->s);
        cb = g_new0(Callback, 1);
        cb->role.starts = (GArray *)hf_address_taken_points(ph->taken, sym);
        cb->role.joins = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
        g_hash_table_insert(ph->unknown, GUINT_TO_POINTER(sym), cb);
    }
    return cb;
}

static const HfLife *life_of_callback(const HfPhases *ph, Callback *cb)
{
    if (!cb->life) {
        cb->life = hf_life_new(ph->s, &cb->role, role_at(ph, ph->first));
    }
    return cb->life;
}

/* No other thread or callback that takes the address can be there yet. */
static gboolean takers_come_later(HfPhases *ph, const GArray *points,
                                  const HfFlow *flow, uint32_t event)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);
        const HfFlow *f = ph->s->flows[p->in];

        for (guint k = 0; k < f->contexts->len; k++) {
            const HfContext *ctx = &g_array_index(f->contexts, HfContext, k);

            if (ctx->role == ph->first) {
                continue;
            }
            if (ctx->role < 0
                    ? !hf_phase_uncallable(ph, f, ctx, ph->first, flow, event)
                    : hf_phase(ph, ctx->role, ph->first, flow, event) !=
                          HF_PHASE_BEFORE) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static HfSymId root_of(const HfPhases *ph, const HfFlow *flow,
                       const HfContext *ctx)
{
    for (guint i = 0; ctx->parent && i < MAX_LEVELS; i++) {
        flow = ph->s->flows[ctx->parent];
        ctx = &g_array_index(flow->contexts, HfContext, ctx->parent_context);
    }
    return flow->sym;
}

gboolean hf_phase_uncallable(HfPhases *ph, const HfFlow *callee,
                             const HfContext *ctx, int in_role,
                             const HfFlow *flow, uint32_t event)
{
    Callback *cb;
    gboolean yes;

    if (ctx->role >= 0 || in_role < 0 || in_role != ph->first) {
        return FALSE;
    }
    cb = callback_of(ph, root_of(ph, callee, ctx));
    if (!cb->role.starts || cb->asking) {
        return cb->asking;
    }
    /* the cheap question first: most callbacks are handed over by others */
    cb->asking = TRUE;
    yes = takers_come_later(ph, cb->role.starts, flow, event) &&
          hf_life_at(life_of_callback(ph, cb), flow, event) ==
              HF_LIFE_NOT_YET;
    cb->asking = FALSE;
    return yes;
}

/* ---- two lives ---------------------------------------------------------- */

/* At no start of a's threads is one of b's there. */
static gboolean none_at_starts(HfPhases *ph, int a, int b)
{
    const HfRole *role = role_at(ph, a);

    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);
        const HfFlow *f = ph->s->flows[p->in];

        for (guint k = 0; k < f->contexts->len; k++) {
            int r = g_array_index(f->contexts, HfContext, k).role;

            if (r < 0 || r == b ||
                hf_phase(ph, b, r, f, p->event) == HF_PHASE_ALIVE) {
                return FALSE;
            }
        }
        if (!f->contexts->len) {
            return FALSE;
        }
    }
    return role->starts->len != 0;
}

gboolean hf_phase_never_meet(HfPhases *ph, int a, int b)
{
    return none_at_starts(ph, a, b) && (a == b || none_at_starts(ph, b, a));
}
