/* SPDX-License-Identifier: MIT */
#include "check/meet.h"
#include "check/belief.h"

/* Contexts of each side that are looked at. */
#define MAX_SIDES 24

/* A lock that lies to the thing as it does on the other side. */
static gboolean common_lock(const HfCheck *c, const HfSeen *a,
                            const HfContext *in_a, const HfSeen *b,
                            const HfContext *in_b, HfHolds set)
{
    HfSubject sa, sb;
    guint n, m;
    const HfHold *rows = hf_holds(c->solved, set, &n), *others;
    HfLockKey ka, kb;
    gboolean shared;

    hf_guard_subject(c, a->access, &sa);
    hf_guard_subject(c, b->access, &sb);
    for (guint i = 0; i < n; i++) {
        if (!hf_belief_relate(c, &sa, rows[i].lock, &ka) ||
            hf_held(c->solved, a->flow, in_a, a->access->must, rows[i].lock,
                    &shared) != HF_HELD || shared) {
            continue;
        }
        for (int side = 0; side < 2; side++) {
            others = hf_holds(c->solved, side ? in_b->held : b->access->must,
                              &m);
            for (guint k = 0; k < m; k++) {
                if (hf_belief_relate(c, &sb, others[k].lock, &kb) &&
                    hf_belief_same_lock(&ka, &kb) &&
                    hf_held(c->solved, b->flow, in_b, b->access->must,
                            others[k].lock, NULL) == HF_HELD) {
                    return TRUE;
                }
            }
        }
    }
    return FALSE;
}

/* A member of the thing's own record is held as a lock: of which object, is
 * not known where the thing is reached by a pointer that may be any. */
static HfFieldId kin_lock(const HfCheck *c, const HfSeen *seen,
                          const HfContext *in)
{
    const HfXTable *t = c->solved->exprs;
    HfSubject s;

    hf_guard_subject(c, seen->access, &s);
    for (int side = 0; s.field && side < 2; side++) {
        guint n;
        const HfHold *rows = hf_holds(
            c->solved, side ? in->held : seen->access->must, &n);

        for (guint i = 0; i < n; i++) {
            const HfXNode *lock = hf_x(t, rows[i].lock);

            if (rows[i].now == HF_HOLD_HELD && lock->kind == HF_X_FIELD &&
                HF_PROGRAM_FIELD(c->program, lock->ref)->record ==
                    HF_PROGRAM_FIELD(c->program, s.field)->record) {
                return lock->ref;
            }
        }
    }
    return 0;
}

static gboolean may_share_kin(const HfCheck *c, const HfSeen *a,
                              const HfContext *in_a, const HfSeen *b,
                              const HfContext *in_b)
{
    const HfXTable *t = c->solved->exprs;
    HfFieldId lock;

    if (!hf_guard_from_nowhere(t, a->access->path) &&
        !hf_guard_from_nowhere(t, b->access->path)) {
        return FALSE;
    }
    lock = kin_lock(c, a, in_a);
    return lock && lock == kin_lock(c, b, in_b);
}

static gboolean is_unique(const HfCheck *c, const HfContext *ctx)
{
    return ctx->role >= 0 && g_array_index(c->solved->roles, HfRole,
                                           ctx->role).unique;
}

/* Threads of which there are several may each have an object of their own. */
static gboolean own_objects(const HfCheck *c, const HfSeen *a,
                            const HfContext *in_a, const HfSeen *b,
                            const HfContext *in_b)
{
    const HfXTable *t = c->solved->exprs;

    return !is_unique(c, in_a) && !is_unique(c, in_b) &&
           (hf_x(t, hf_x_root(t, a->access->path))->kind != HF_X_GLOBAL ||
            hf_x(t, hf_x_root(t, b->access->path))->kind != HF_X_GLOBAL);
}

/* Reached by way of a variable that each thread has for itself. */
static gboolean is_threads_own(const HfCheck *c, const HfSeen *seen)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, seen->access->path));

    return root->kind == HF_X_GLOBAL &&
           HF_PROGRAM_SYM(c->program, root->ref)->flags &
               HF_SYM_THREAD_LOCAL;
}

/* Every caller passes one of its own locals. */
static gboolean is_callers_local(const HfCheck *c, const HfSeen *seen)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, seen->access->path));
    const GArray *sites = c->program->callers[seen->flow->sym];

    if (root->kind != HF_X_PARAM || !sites) {
        return FALSE;
    }
    for (guint i = 0; i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = c->solved->flows[site->caller];
        const HfCall *call =
            up ? hf_flow_call(up, site->event - up->fn->first_event) : NULL;
        HfX arg = call && root->ref < call->n_args
                      ? g_array_index(up->args, HfX,
                                      call->first_arg + root->ref) : 0;

        if (hf_x(t, arg)->kind != HF_X_ADDR ||
            hf_x(t, hf_x_root(t, arg))->kind != HF_X_LOCAL) {
            return FALSE;
        }
    }
    return sites->len > 0;
}

static HfParallelVerdict meet_in(const HfCheck *c, HfPhases *phases,
                                 const HfSeen *a, const HfContext *in_a,
                                 const HfSeen *b, const HfContext *in_b)
{
    HfPoint pa = { a->flow, in_a, a->access->event, a->access->must };
    HfPoint pb = { b->flow, in_b, b->access->event, b->access->must };
    HfParallelVerdict v;

    if (hf_guard_fresh(c, a->access, in_a) ||
        hf_guard_fresh(c, b->access, in_b) ||
        common_lock(c, a, in_a, b, in_b, a->access->must) ||
        common_lock(c, a, in_a, b, in_b, in_a->held)) {
        return HF_PARALLEL_NO;
    }
    v = hf_parallel(phases, &pa, &pb).verdict;
    return v == HF_PARALLEL_YES && (own_objects(c, a, in_a, b, in_b) ||
                                    may_share_kin(c, a, in_a, b, in_b))
               ? HF_PARALLEL_MAYBE : v;
}

HfMeet hf_use_meet(const HfCheck *c, HfPhases *phases, const HfSeen *a,
                   const HfSeen *b)
{
    HfMeet best = { .verdict = HF_PARALLEL_NO };

    if (is_threads_own(c, a) || is_threads_own(c, b) ||
        is_callers_local(c, a) || is_callers_local(c, b)) {
        return best;
    }
    for (guint i = 0; i < MIN(a->flow->contexts->len, MAX_SIDES); i++) {
        for (guint k = 0; k < MIN(b->flow->contexts->len, MAX_SIDES) &&
                          best.verdict != HF_PARALLEL_YES; k++) {
            const HfContext *in_a =
                &g_array_index(a->flow->contexts, HfContext, i);
            const HfContext *in_b =
                &g_array_index(b->flow->contexts, HfContext, k);
            HfParallelVerdict v = meet_in(c, phases, a, in_a, b, in_b);

            if (v > best.verdict) {
                best = (HfMeet){ v, in_a, in_b };
            }
        }
    }
    return best;
}

gboolean hf_use_share_lock(const HfCheck *c, const HfSeen *a, const HfSeen *b)
{
    const GPtrArray *caps = c->program->rules->caps;
    const HfContext *in_a, *in_b;

    if (!a->flow->contexts->len || !b->flow->contexts->len) {
        return FALSE;
    }
    in_a = &g_array_index(a->flow->contexts, HfContext, 0);
    in_b = &g_array_index(b->flow->contexts, HfContext, 0);
    for (guint i = 0; i < caps->len; i++) {
        HfX lock = hf_x_leaf(c->solved->exprs, HF_X_CAP, i);

        if (((HfCapRule *)g_ptr_array_index(caps, i))->kind == HF_CAP_LOCK &&
            hf_use_holds(c, a->flow, a->access->must, lock) &&
            hf_use_holds(c, b->flow, b->access->must, lock)) {
            return TRUE;
        }
    }
    return common_lock(c, a, in_a, b, in_b, a->access->must) ||
           common_lock(c, a, in_a, b, in_b, in_a->held);
}

const char *hf_use_role(const HfCheck *c, const HfContext *ctx)
{
    return ctx && ctx->role >= 0
               ? g_array_index(c->solved->roles, HfRole, ctx->role).name
               : NULL;
}

/* ---- the same object? ---------------------------------------------------- */

#define MAX_CHAIN 8

/* Members from the last one up to a pointer or variable. */
static guint chain_of(const HfCheck *c, HfX x, HfFieldId out[MAX_CHAIN],
                      HfX *base)
{
    const HfXTable *t = c->solved->exprs;
    guint n = 0;

    if (hf_x(t, x)->kind == HF_X_DEREF) {
        x = hf_x(t, x)->parent;
    }
    for (; x; x = hf_x(t, x)->parent) {
        const HfXNode *node = hf_x(t, x);

        if (node->kind == HF_X_FIELD && n < MAX_CHAIN) {
            out[n++] = node->ref;
        } else if (node->kind != HF_X_INDEX) {
            break;
        }
    }
    *base = x;
    return n;
}

HfAlias hf_use_alias(const HfCheck *c, const HfSeen *a, const HfSeen *b)
{
    const HfXTable *t = c->solved->exprs;
    HfFieldId fa[MAX_CHAIN], fb[MAX_CHAIN];
    HfX base_a, base_b;
    guint na = chain_of(c, a->access->path, fa, &base_a);
    guint nb = chain_of(c, b->access->path, fb, &base_b);

    for (guint i = 0; i < MIN(na, nb); i++) {
        if (fa[i] != fb[i]) {
            return HF_ALIAS_NO;
        }
    }
    if (hf_x(t, base_a)->kind == HF_X_GLOBAL &&
        hf_x(t, base_b)->kind == HF_X_GLOBAL) {
        return base_a == base_b ? HF_ALIAS_YES : HF_ALIAS_NO;
    }
    return na == nb ? HF_ALIAS_YES : HF_ALIAS_UNSURE;
}

/* ---- setting up ---------------------------------------------------------- */

static gboolean says_so(const char *name)
{
    static const char *const words[] = { "*_init", "*_destroy", "*_setup" };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_pattern_match_simple(words[i], name)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean call_sets_up(const HfCheck *c, const HfFlow *flow,
                             const HfCall *call, HfX root)
{
    const HfXTable *t = c->solved->exprs;
    const HfEvent *e = hf_flow_event(flow, call->event);
    HfSymId callee = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;
    const HfContract *k =
        callee ? hf_contract_of(c->solved->contracts, callee) : NULL;

    for (guint i = 0; callee && i < call->n_args; i++) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + i);
        gboolean member = arg && hf_x(t, arg)->kind == HF_X_ADDR;

        if (!arg || hf_x_root(t, arg) != root) {
            continue;
        }
        if ((member && (HF_CONTRACT_HAS(k, HF_EFF_INIT) ||
                        HF_CONTRACT_HAS(k, HF_EFF_DESTROY) ||
                        says_so(HF_PROGRAM_SYM(c->program, callee)->name))) ||
            (!member && i == 0 && HF_CONTRACT_HAS(k, HF_EFF_FILL) &&
             e->flags & HF_EV_SIZEOF_FULL)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* *p = (struct s){ ... }: one place writes several members. */
static gboolean writes_whole(const HfCheck *c, const HfSeen *seen)
{
    const HfXTable *t = c->solved->exprs;
    HfX object = hf_x(t, seen->access->path)->parent;
    HfId loc = hf_flow_event(seen->flow, seen->access->event)->loc;
    guint n = 0;

    for (guint i = 0; i < seen->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(seen->flow->accesses, HfAccess, i);

        n += a->kind == HF_EV_WRITE && hf_x(t, a->path)->parent == object &&
             a->path != seen->access->path &&
             hf_flow_event(seen->flow, a->event)->loc == loc;
    }
    return n > 0;
}

gboolean hf_use_sets_up(const HfCheck *c, const HfSeen *seen)
{
    const HfXTable *t = c->solved->exprs;
    HfX root = hf_x_root(t, seen->access->path);

    if (hf_x(t, root)->kind != HF_X_GLOBAL && writes_whole(c, seen)) {
        return TRUE;
    }
    if (root == hf_x_leaf(c->solved->exprs, HF_X_PARAM, 0) &&
        says_so(HF_PROGRAM_SYM(c->program, seen->flow->sym)->name)) {
        return TRUE;
    }
    for (guint i = 0; i < seen->flow->calls->len; i++) {
        if (call_sets_up(c, seen->flow,
                         &g_array_index(seen->flow->calls, HfCall, i), root)) {
            return TRUE;
        }
    }
    return FALSE;
}
