/* SPDX-License-Identifier: MIT */
#include "check/order_instances.h"

/* Both are the same member of what two parameters point to: transfer(from,
 * to).  What one leads to is ordered by that; what is reached in other ways may
 * have been put into order before. */
static int param_of(const HfXTable *t, HfX lock, HfFieldId *field)
{
    const HfXNode *n = hf_x(t, lock);

    if (n->kind != HF_X_FIELD) {
        return -1;
    }
    *field = n->ref;
    n = hf_x(t, n->parent);
    while (n->kind == HF_X_FIELD) {
        n = hf_x(t, n->parent);
    }
    if (n->kind != HF_X_DEREF) {
        return -1;
    }
    n = hf_x(t, n->parent);
    return n->kind == HF_X_PARAM ? (int)n->ref : -1;
}

static gboolean mentions(const HfFlow *f, HfId path, int param)
{
    const HfPath *paths = f->unit->facts->paths;

    for (int i = 0; path && i < 16; i++) {
        if (paths[path].kind == HF_PATH_LOCAL) {
            return paths[path].ref - f->fn->first_local == (HfId)param;
        }
        path = paths[path].parent;
    }
    return FALSE;
}

/* Some branch asks which of the two is less, or whose number is: that is how
 * an order is made.  (That they are not the same one says nothing.) */
static gboolean compares(const HfFlow *f, int a, int b)
{
    const HfFacts *facts = f->unit->facts;

    for (guint i = 0; i < f->fn->n_blocks; i++) {
        const HfBlock *block = &facts->blocks[f->fn->first_block + i];

        for (guint k = 0; k < block->n_edges; k++) {
            const HfCond *c =
                &facts->conds[facts->edges[block->first_edge + k].cond];

            if (c->op >= HF_COND_LT &&
                ((mentions(f, c->lhs, a) && mentions(f, c->rhs, b)) ||
                 (mentions(f, c->lhs, b) && mentions(f, c->rhs, a)))) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* The second pointer is found in, or beyond, what the first points to. */
static gboolean leads_to(HfXTable *t, HfX first, HfX second)
{
    HfX object = hf_x_deref(t, first);

    return object && hf_x_mentions(t, second, object);
}

/* Every caller says by what it passes which comes first: the one leads to the
 * other, or both are variables. */
static gboolean callers_order(const HfCheck *c, const HfFlow *flow, int a,
                              int b)
{
    HfXTable *t = c->solved->exprs;
    const GArray *sites = c->program->callers[flow->sym];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = c->solved->flows[site->caller];
        const HfCall *call =
            hf_flow_call(up, site->event - up->fn->first_event);
        HfX x, y;

        if (!call || (guint)MAX(a, b) >= call->n_args) {
            continue;
        }
        x = g_array_index(up->args, HfX, call->first_arg + a);
        y = g_array_index(up->args, HfX, call->first_arg + b);
        if (!x || !y) {
            return FALSE;
        }
        if (hf_x(t, hf_x_root(t, x))->kind == HF_X_GLOBAL &&
            hf_x(t, hf_x_root(t, y))->kind == HF_X_GLOBAL &&
            hf_x_root(t, x) != hf_x_root(t, y)) {
            continue;
        }
        if (x == y || (!leads_to(t, x, y) && !leads_to(t, y, x))) {
            return FALSE;
        }
    }
    return sites && sites->len;
}

/* Two threads may be in it at the same time. */
static gboolean may_meet(const HfCheck *c, const HfFlow *flow)
{
    int first = -1;

    for (guint i = 0; i < flow->contexts->len; i++) {
        int role = g_array_index(flow->contexts, HfContext, i).role;

        if (role < 0) {
            continue;
        }
        if (!g_array_index(c->solved->roles, HfRole, role).unique ||
            (first >= 0 && first != role)) {
            return TRUE;
        }
        first = role;
    }
    return FALSE;
}

static void report(HfCheck *c, const HfFlow *flow, const HfLockOp *op,
                   const HfHold *held)
{
    g_autofree char *second = hf_check_text(c, flow, op->lock);
    g_autofree char *first = hf_check_text(c, flow, held->lock);
    HfPlace at = hf_check_place(flow, op->event);
    HfFinding *f = hf_check_finding(c, flow, "same_kind");

    hf_trace_hold(c, f, flow, held, 0);
    hf_finding_main(f, &at, "order_reversal", 0,
                    "Locking \"%s\" while \"%s\" is held. Two threads that "
                    "call \"%s\" with the same two objects the other way "
                    "round wait for each other for ever.", second, first,
                    HF_PROGRAM_SYM(c->program, flow->sym)->name);
    if (may_meet(c, flow)) {
        hf_finding_reason(f, "several threads get here, and nothing compares "
                             "the two");
        f->tier = HF_TIER_MEDIUM;
    } else {
        hf_finding_reason(f, "which threads get here is not known");
        f->tier = HF_TIER_LOW;
    }
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(c, op->lock);
    f->key_lock = hf_check_stable(c, held->lock);
    f->key_shape = g_strdup("same_kind");
    hf_findings_add(c->findings, f);
}

static void judge(HfCheck *c, const HfFlow *flow, const HfLockOp *op)
{
    const HfXTable *t = c->solved->exprs;
    const HfCall *call = hf_flow_call(flow, op->event);
    HfFieldId field, other;
    int param = param_of(t, op->lock, &field);
    guint n;
    const HfHold *rows = hf_holds(c->solved, call ? call->must : 0, &n);

    for (guint i = 0; param >= 0 && i < n; i++) {
        int first = param_of(t, rows[i].lock, &other);

        if (rows[i].now == HF_HOLD_HELD && rows[i].delta > 0 && first >= 0 &&
            first != param && other == field &&
            !(op->shared && rows[i].flags & HF_HOLD_SHARED) &&
            !compares(flow, first, param) &&
            !callers_order(c, flow, first, param)) {
            report(c, flow, op, &rows[i]);
            return;
        }
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    (void)data;
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_ACQUIRE && !op->conditional) {
            judge(c, flow, op);
        }
    }
}

void hf_order_instances(HfCheck *c)
{
    hf_check_each_flow(c, check_flow, NULL);
}
