/* SPDX-License-Identifier: MIT */
#include "check/rcu_pointer.h"

#include <string.h>

#define MAX_DEPTH 5

/* ---- what is protected -------------------------------------------------- */

gboolean hf_rcu_protected_object(const HfRcu *r, HfX object,
                                 HfRcuPointer *p)
{
    const HfXTable *t = r->c->solved->exprs;
    const HfXNode *n = hf_x(t, object);

    while (n->kind == HF_X_INDEX) {
        n = hf_x(t, n->parent);
    }
    if (n->kind == HF_X_FIELD) {
        p->field = n->ref;
        return HF_CONTRACT_HAS(
            hf_contract_of_field(r->c->solved->contracts, n->ref),
            HF_EFF_RCU_PROTECTED);
    }
    if (n->kind == HF_X_GLOBAL) {
        p->var = n->ref;
        return HF_CONTRACT_HAS(hf_contract_of(r->c->solved->contracts,
                                              n->ref),
                               HF_EFF_RCU_PROTECTED);
    }
    return FALSE;
}

const HfClause *hf_rcu_clause(const HfContract *k, HfEffectKind kind)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == kind) {
            return cl;
        }
    }
    return NULL;
}

HfSymId hf_rcu_callee(const HfFlow *flow, uint32_t event)
{
    const HfEvent *e = hf_flow_event(flow, event);

    return e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;
}

/* ---- answers about callees, remembered ---------------------------------- */

typedef enum { ASK_RETURNS, ASK_PINS, ASK_FOLLOWS } Ask;

static gint64 memo_key(Ask ask, HfSymId sym, guint param)
{
    return (gint64)sym << 32 | ask << 16 | MIN(param, 0xffff);
}

/* 0 not asked, 1 no (also while being asked), 2 yes */
static int recall(HfRcu *r, gint64 key)
{
    int known = GPOINTER_TO_INT(g_hash_table_lookup(r->memo, &key));

    if (!known) {
        g_hash_table_insert(r->memo, g_memdup2(&key, sizeof(key)),
                            GINT_TO_POINTER(1));
    }
    return known;
}

static gboolean remember(HfRcu *r, gint64 key, gboolean yes)
{
    g_hash_table_insert(r->memo, g_memdup2(&key, sizeof(key)),
                        GINT_TO_POINTER(yes ? 2 : 1));
    return yes;
}

/* ---- functions that return what they read ------------------------------- */

static gboolean returns_protected(HfRcu *r, HfSymId sym);

/* A path of the facts whose value comes out of a protecting read. */
static gboolean path_protected(HfRcu *r, const HfFlow *flow, HfId path,
                               int depth)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *p = &f->paths[path];
    gboolean any = FALSE;

    if (p->kind == HF_PATH_TEMP) {
        HfSymId callee = hf_rcu_callee(flow, p->ref - flow->fn->first_event);

        return callee &&
               (hf_rcu_clause(hf_contract_of(r->c->solved->contracts, callee),
                          HF_EFF_RCU_READ) || returns_protected(r, callee));
    }
    if (p->kind == HF_PATH_FIELD) {
        return HF_CONTRACT_HAS(
            hf_contract_of_field(r->c->solved->contracts,
                                 flow->unit->fields[p->ref]),
            HF_EFF_RCU_PROTECTED);
    }
    if (p->kind == HF_PATH_GLOBAL) {
        return HF_CONTRACT_HAS(
            hf_contract_of(r->c->solved->contracts,
                           flow->unit->symbols[p->ref]),
            HF_EFF_RCU_PROTECTED);
    }
    if (p->kind != HF_PATH_LOCAL || depth > MAX_DEPTH) {
        return FALSE;
    }
    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind != HF_EV_WRITE || e->path != path) {
            continue;
        }
        if (path_protected(r, flow, e->value, depth + 1)) {
            any = TRUE;
        } else if (f->paths[e->value].kind != HF_PATH_CONST) {
            return FALSE; /* may be something else as well */
        }
    }
    return any;
}

static gboolean takes_token(const HfRcu *r, const HfFlow *flow)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        if (g_array_index(flow->lock_ops, HfLockOp, i).lock == r->token) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A function that only passes on what it read leaves the section to its
 * caller; one with a section of its own has made the result last. */
static gboolean returns_protected(HfRcu *r, HfSymId sym)
{
    const HfFlow *flow = r->c->solved->flows[sym];
    gint64 key = memo_key(ASK_RETURNS, sym, 0);
    int known = recall(r, key);
    gboolean yes = FALSE;

    if (known) {
        return known == 2;
    }
    for (uint32_t i = 0; flow && !takes_token(r, flow) &&
                         i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        yes |= e->kind == HF_EV_RETURN && e->value &&
               path_protected(r, flow, e->value, 0);
    }
    return remember(r, key, yes);
}

/* ---- pointers in a function --------------------------------------------- */

static void find_read(const HfFlow *flow, uint32_t event, HfRcuPointer *p)
{
    p->read = UINT32_MAX;
    p->place = p->value;
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->event >= event) {
            break;
        }
        if (a->path == p->value && !hf_guard_is_write(a)) {
            p->read = a->event;
            p->held = a->must;
        }
    }
}

static gboolean from_call(HfRcu *r, const HfFlow *flow, HfX value,
                          HfRcuPointer *p)
{
    const HfXNode *n = hf_x(r->c->solved->exprs, value);
    HfSymId callee = hf_rcu_callee(flow, n->ref);
    const HfClause *cl = callee ? hf_rcu_clause(
        hf_contract_of(r->c->solved->contracts, callee), HF_EFF_RCU_READ)
                                : NULL;
    const HfCall *call = hf_flow_call(flow, n->ref);

    if (!callee || !call || (!cl && !returns_protected(r, callee))) {
        return FALSE;
    }
    *p = (HfRcuPointer){ .value = value, .reader = callee, .read = n->ref,
                         .held = call->must };
    if (cl && cl->arg >= 0 && (guint)cl->arg < call->n_args) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + cl->arg);

        p->place = hf_x_deref(r->c->solved->exprs, arg);
        hf_rcu_protected_object(r, p->place, p); /* whatever is declared */
    }
    return TRUE;
}

gboolean hf_rcu_pointer_of(HfRcu *r, const HfFlow *flow, HfX value,
                           uint32_t event, HfRcuPointer *p)
{
    const HfXNode *n = hf_x(r->c->solved->exprs, value);

    *p = (HfRcuPointer){ .value = value };
    if (n->kind == HF_X_TEMP) {
        return from_call(r, flow, value, p);
    }
    if (!value || !hf_rcu_protected_object(r, value, p)) {
        return FALSE;
    }
    find_read(flow, event, p);
    return TRUE;
}

gboolean hf_rcu_reached_by(HfRcu *r, const HfFlow *flow, HfX object,
                           uint32_t event, HfRcuPointer *p)
{
    while (object) {
        const HfXNode *n = hf_x(r->c->solved->exprs, object);
        HfX up = n->parent;

        if (n->kind == HF_X_DEREF &&
            hf_rcu_pointer_of(r, flow, up, event, p)) {
            return TRUE;
        }
        object = up;
    }
    return FALSE;
}

/* ---- lasting longer ------------------------------------------------------ */

static gboolean pins(HfRcu *r, HfSymId callee, guint param, int depth);

static gboolean passes_on(HfRcu *r, const HfFlow *flow, const HfCall *call,
                          HfX value, int depth)
{
    const HfXTable *t = r->c->solved->exprs;
    HfSymId callee = hf_rcu_callee(flow, call->event);

    for (guint i = 0; i < call->n_args; i++) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + i);
        HfX at = hf_x(t, arg)->kind == HF_X_ADDR ? hf_x(t, arg)->parent : arg;

        if (arg && hf_x_mentions(t, at, value) &&
            (!callee || pins(r, callee, i, depth))) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean counts_or_locks(const HfCheck *c, const HfFlow *flow,
                                HfX value, uint32_t before)
{
    const HfXTable *t = c->solved->exprs;

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->event < before &&
            (a->kind == HF_EV_ATOMIC_RMW || a->kind == HF_EV_RMW) &&
            a->path != value && hf_x_mentions(t, a->path, value)) {
            return TRUE;
        }
    }
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->event < before && op->kind == HF_LOCK_ACQUIRE &&
            hf_x_mentions(t, op->lock, value)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean body_pins(HfRcu *r, HfSymId callee, guint param, int depth)
{
    const HfFlow *flow = r->c->solved->flows[callee];
    HfX value = hf_x_leaf(r->c->solved->exprs, HF_X_PARAM, param);

    if (counts_or_locks(r->c, flow, value, UINT32_MAX)) {
        return TRUE;
    }
    for (guint i = 0; depth < MAX_DEPTH && i < flow->calls->len; i++) {
        if (passes_on(r, flow, &g_array_index(flow->calls, HfCall, i), value,
                      depth + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* May the callee make what its parameter points to last? */
static gboolean pins(HfRcu *r, HfSymId callee, guint param, int depth)
{
    const HfContract *k = hf_contract_of(r->c->solved->contracts, callee);
    const HfProgSymbol *s = HF_PROGRAM_SYM(r->c->program, callee);
    gint64 key = memo_key(ASK_PINS, callee, param);
    int known;

    if (k && k->kinds & HF_LOCK_EFFECTS) {
        return TRUE;
    }
    if (s->rule || !r->c->solved->flows[callee] || depth > MAX_DEPTH) {
        return !s->rule && s->kind != HF_SYM_MACRO;
    }
    known = recall(r, key);
    return known ? known == 2
                 : remember(r, key, body_pins(r, callee, param, depth));
}

gboolean hf_rcu_is_pinned(HfRcu *r, const HfFlow *flow,
                          const HfRcuPointer *p, uint32_t event,
                          HfHolds local)
{
    if (counts_or_locks(r->c, flow, p->value, event)) {
        return TRUE;
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfHold *h = hf_holds_find(r->c->solved, call->must, r->token);

        if (call->event < event && call->event != p->read &&
            h && h->now == HF_HOLD_HELD &&
            passes_on(r, flow, call, p->value, 0)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- callees that follow the pointer ------------------------------------ */

gboolean hf_rcu_follows(HfRcu *r, HfSymId callee, guint param)
{
    const HfXTable *t = r->c->solved->exprs;
    const HfFlow *flow = r->c->solved->flows[callee];
    HfX value = hf_x_leaf(r->c->solved->exprs, HF_X_PARAM, param);
    gint64 key = memo_key(ASK_FOLLOWS, callee, param);
    int known = recall(r, key);
    gboolean yes = FALSE;

    if (known || !flow || flow->skip || takes_token(r, flow)) {
        return known == 2;
    }
    for (guint i = 0; !yes && i < flow->accesses->len; i++) {
        HfX x = g_array_index(flow->accesses, HfAccess, i).path;

        yes = x != value && hf_x_root(t, x) == value;
    }
    for (guint i = 0; !yes && i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId next = hf_rcu_callee(flow, call->event);

        for (guint a = 0; next && !yes && a < call->n_args; a++) {
            yes = g_array_index(flow->args, HfX, call->first_arg + a) ==
                      value && hf_rcu_follows(r, next, a);
        }
    }
    return remember(r, key, yes);
}

/* ---- what suffices ------------------------------------------------------- */

guint hf_rcu_alternatives(HfRcu *r, const HfRcuPointer *p,
                          HfX locks[HF_RCU_LOCKS])
{
    const HfContract *k =
        p->field ? hf_contract_of_field(r->c->solved->contracts, p->field)
                 : p->var ? hf_contract_of(r->c->solved->contracts, p->var)
                          : NULL;
    HfAccess access = { .path = p->place };
    HfSubject subject;
    guint n = r->n_locks;

    memcpy(locks, r->locks, n * sizeof(locks[0]));
    if (!k || !p->place || !hf_guard_subject(r->c, &access, &subject)) {
        return n;
    }
    for (guint i = 0; i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind != HF_EFF_GUARDED_BY &&
            cl->kind != HF_EFF_PT_GUARDED_BY &&
            cl->kind != HF_EFF_RCU_PROTECTED) {
            continue;
        }
        for (guint l = 0; l < cl->n_locks && n < HF_RCU_LOCKS; l++) {
            HfX lock = hf_guard_on(r->c, &subject, cl->locks[l]);

            if (lock) {
                locks[n++] = lock;
            }
        }
    }
    return n;
}

/* ---- setting up ---------------------------------------------------------- */

HfX hf_rcu_token(const HfCheck *c)
{
    const HfCheckerRule *rule = hf_rules_checker(c->program->rules, "RCU");
    const char *name =
        rule ? g_hash_table_lookup(rule->options, "token") : NULL;
    HfX token = hf_contract_lock_named(c->solved->contracts,
                                       name ? name : "rcu");

    /* what annotations.h calls it */
    return token || name ? token
                         : hf_contract_lock_named(c->solved->contracts,
                                                  "hf_rcu_read");
}

void hf_rcu_init(HfRcu *r, HfCheck *c)
{
    const char *others = hf_check_option(c, "writer_locks", "");
    g_auto(GStrv) names = g_strsplit_set(others, " ,|", -1);

    *r = (HfRcu){ .c = c };
    r->token = hf_rcu_token(c);
    if (!r->token) {
        return;
    }
    r->locks[r->n_locks++] = r->token;
    for (guint i = 0; names[i] && r->n_locks < HF_RCU_LOCKS / 2; i++) {
        HfX lock = *names[i] ? hf_contract_lock_named(c->solved->contracts,
                                                      names[i]) : 0;

        if (lock) {
            r->locks[r->n_locks++] = lock;
        }
    }
    r->memo = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                    NULL);
    hf_rcu_survey_writers(r);
}

void hf_rcu_clear(HfRcu *r)
{
    if (r->memo) {
        g_hash_table_unref(r->memo);
        g_hash_table_unref(r->writers);
    }
}
