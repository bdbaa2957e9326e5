/* SPDX-License-Identifier: MIT */
#include "solve/parallel.h"

static const HfRole *role_of(const HfSolved *s, const HfPoint *p)
{
    return p->ctx->role < 0
               ? NULL : &g_array_index(s->roles, HfRole, p->ctx->role);
}

/* ---- what both hold ----------------------------------------------------- */

static gboolean held_alone(const HfSolved *s, const HfPoint *p, HfX lock)
{
    gboolean shared;

    return hf_held(s, p->flow, p->ctx, p->held, lock, &shared) == HF_HELD &&
           !shared;
}

/* A variable: the same object wherever it is named. */
static gboolean is_global(const HfSolved *s, HfX lock)
{
    const HfXNode *n = hf_x(s->exprs, lock);

    while (n->kind == HF_X_FIELD) {
        n = hf_x(s->exprs, n->parent);
    }
    return n->kind == HF_X_GLOBAL;
}

static HfX common_among(const HfSolved *s, HfHolds set, const HfPoint *a,
                        const HfPoint *b)
{
    guint n;
    const HfHold *rows = hf_holds(s, set, &n);

    for (guint i = 0; i < n; i++) {
        if (is_global(s, rows[i].lock) && held_alone(s, a, rows[i].lock) &&
            held_alone(s, b, rows[i].lock)) {
            return rows[i].lock;
        }
    }
    return 0;
}

/* What only one thread at a time can have; a token or a mode any number. */
static gboolean excludes_others(const HfCapRule *cap)
{
    return cap->kind == HF_CAP_LOCK || cap->kind == HF_CAP_ROLE;
}

static HfX common_lock(const HfSolved *s, const HfPoint *a, const HfPoint *b)
{
    const GPtrArray *caps = s->program->rules->caps;

    for (guint i = 0; i < caps->len; i++) {
        HfX x = hf_x_leaf(s->exprs, HF_X_CAP, i);

        if (excludes_others(g_ptr_array_index(caps, i)) &&
            held_alone(s, a, x) && held_alone(s, b, x)) {
            return x;
        }
    }
    return common_among(s, a->held, a, b) ?:
           common_among(s, a->ctx->held, a, b);
}

/* ---- who runs them ------------------------------------------------------ */

/* Whatever runs the other place, it does not run yet; signals do. */
static gboolean is_alone(HfPhases *ph, const HfPoint *p, const HfRole *other)
{
    return (!other || other->run != HF_RUN_SIGNAL) &&
           hf_phase_alone(ph, p->ctx->role, p->flow, p->event);
}

/* b is reached by a callback that nobody can know of where a is. */
static gboolean is_too_early(HfPhases *ph, const HfPoint *a, const HfPoint *b)
{
    return hf_phase_uncallable(ph, b->flow, b->ctx, a->ctx->role, a->flow,
                               a->event);
}

/* b's threads do not run while a is at its place. */
static gboolean apart(HfPhases *ph, const HfPoint *a, const HfPoint *b,
                      HfParallel *out)
{
    HfPhase phase;

    if (b->ctx->role < 0 || a->ctx->role < 0) {
        return FALSE;
    }
    phase = hf_phase(ph, b->ctx->role, a->ctx->role, a->flow, a->event);
    if (phase == HF_PHASE_ALIVE) {
        return FALSE;
    }
    *out = (HfParallel){ HF_PARALLEL_NO, phase == HF_PHASE_BEFORE
                                             ? HF_PARALLEL_BEFORE_START
                                             : HF_PARALLEL_AFTER_JOIN,
                         b->ctx->role, 0 };
    return TRUE;
}

/* Callbacks of an event loop, which one is not known. */
static gboolean is_events(const HfRole *r)
{
    return r->run != HF_RUN_THREAD;
}

/* A thread that is known to run some: it may be the one that runs others. */
static gboolean runs_events(const HfSolved *s, const HfRole *r)
{
    for (guint i = 0; i < r->entries->len; i++) {
        if (s->runs[g_array_index(r->entries, HfSymId, i)] &
            ~(1u << HF_RUN_THREAD | 1u << HF_RUN_CALL)) {
            return TRUE;
        }
    }
    return is_events(r);
}

HfParallel hf_parallel(HfPhases *ph, const HfPoint *a, const HfPoint *b)
{
    const HfSolved *s = hf_phases_solved(ph);
    const HfRole *ra = role_of(s, a), *rb = role_of(s, b);
    HfParallel out = { HF_PARALLEL_YES, HF_PARALLEL_NONE, -1, 0 };

    out.lock = common_lock(s, a, b);
    if (out.lock) {
        out.verdict = HF_PARALLEL_NO;
        out.why = HF_PARALLEL_LOCK;
    } else if (is_alone(ph, a, rb) || is_alone(ph, b, ra)) {
        out.verdict = HF_PARALLEL_NO;
        out.why = HF_PARALLEL_BEFORE_START;
        out.role = is_alone(ph, a, rb) ? -1 : a->ctx->role;
    } else if (is_too_early(ph, a, b) || is_too_early(ph, b, a)) {
        out.verdict = HF_PARALLEL_NO;
        out.why = HF_PARALLEL_BEFORE_START;
    } else if (!ra || !rb) {
        out.verdict = HF_PARALLEL_MAYBE;
        out.why = HF_PARALLEL_UNKNOWN_ROLE;
    } else if (ra == rb && ra->unique) {
        out = (HfParallel){ HF_PARALLEL_NO, HF_PARALLEL_SAME_ROLE,
                            a->ctx->role, 0 };
    } else if (apart(ph, a, b, &out) || apart(ph, b, a, &out)) {
        return out;
    } else if (ra->run == HF_RUN_THREAD && rb->run == HF_RUN_THREAD &&
               hf_phase_never_meet(ph, a->ctx->role, b->ctx->role)) {
        out = (HfParallel){ HF_PARALLEL_NO,
                            ra == rb ? HF_PARALLEL_SAME_ROLE
                                     : HF_PARALLEL_AFTER_JOIN,
                            b->ctx->role, 0 };
    } else if ((is_events(ra) && runs_events(s, rb)) ||
               (is_events(rb) && runs_events(s, ra))) {
        out.verdict = HF_PARALLEL_MAYBE;
        out.why = HF_PARALLEL_EVENTS;
    }
    return out;
}
