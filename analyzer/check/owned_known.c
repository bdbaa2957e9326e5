/* SPDX-License-Identifier: MIT */
/*
 * owned_known.c - what a path has found out about values: an interval each,
 * and whether 0 is left out.
 *
 * Memory is taken to stay as it was asked until this body writes it: what
 * others may change would only make more paths possible.
 */
#include "check/owned_walk.h"

#include <string.h>

const HfKnown *hf_known_find(const HfOwnedKey *k, HfId path)
{
    for (uint32_t i = 0; i < k->n_known; i++) {
        if (k->known[i].path == path) {
            return &k->known[i];
        }
    }
    return NULL;
}

void hf_known_drop(HfOwnedKey *k, HfId path)
{
    for (uint32_t i = 0; i < k->n_known; i++) {
        if (k->known[i].path == path) {
            memmove(&k->known[i], &k->known[i + 1],
                    (k->n_known - i - 1) * sizeof(k->known[0]));
            memset(&k->known[--k->n_known], 0, sizeof(k->known[0]));
            return;
        }
    }
}

void hf_known_set(HfOwnedKey *k, const HfKnown *known)
{
    HfKnown n = *known; /* may lie in k */
    uint32_t i;

    hf_known_drop(k, n.path);
    if (k->n_known == HF_OWNED_KNOWN) {
        hf_known_drop(k, k->known[0].path);
    }
    for (i = k->n_known; i > 0 && k->known[i - 1].path > n.path; i--) {
        k->known[i] = k->known[i - 1];
    }
    k->known[i] = n;
    k->n_known++;
}

static HfKnown anything(HfId path)
{
    return (HfKnown){ .path = path, .low = G_MININT64, .high = G_MAXINT64 };
}

static HfKnown known_of(const HfOwnedWalk *w, const HfOwnedKey *k, HfId path)
{
    const HfPath *p = &w->f->paths[path];
    const HfKnown *have = hf_known_find(k, path);
    HfKnown n = have ? *have : anything(path);

    if (p->kind == HF_PATH_CONST) {
        n.low = n.high = p->value;
    } else if (p->kind == HF_PATH_ADDR || p->kind == HF_PATH_STRING ||
               p->kind == HF_PATH_FUNCTION ||
               hf_owned_is_object(w, k, path)) {
        n.nonzero = TRUE;
    }
    return n;
}

/* ---- forgetting --------------------------------------------------------- */

static gboolean says(const HfFacts *f, HfId path, const HfPath *written)
{
    for (; path; path = f->paths[path].parent) {
        const HfPath *p = &f->paths[path];

        if (p->kind == written->kind && p->ref == written->ref &&
            (p->kind == HF_PATH_LOCAL || p->kind == HF_PATH_FIELD ||
             p->kind == HF_PATH_GLOBAL)) {
            return TRUE;
        }
    }
    return FALSE;
}

void hf_known_forget(const HfOwnedWalk *w, HfOwnedKey *k, HfId written)
{
    const HfPath *p = &w->f->paths[written];

    for (uint32_t i = k->n_known; i > 0; i--) {
        HfId path = k->known[i - 1].path;

        if (path == written || says(w->f, path, p)) {
            hf_known_drop(k, path);
        }
    }
}

/* ---- branches ----------------------------------------------------------- */

static HfCondOp inverse(HfCondOp op)
{
    switch (op) {
    case HF_COND_EQ: return HF_COND_NE;
    case HF_COND_NE: return HF_COND_EQ;
    case HF_COND_LT: return HF_COND_GE;
    case HF_COND_LE: return HF_COND_GT;
    case HF_COND_GT: return HF_COND_LE;
    default: return HF_COND_LT;
    }
}

static void raise_low(HfKnown *n, gint64 low)
{
    n->low = MAX(n->low, low);
}

static void lower_high(HfKnown *n, gint64 high)
{
    n->high = MIN(n->high, high);
}

static gboolean narrow(HfKnown *n, HfCondOp op, gint64 value,
                       gboolean is_unsigned)
{
    gboolean upper = op == HF_COND_LT || op == HF_COND_LE;
    gboolean lower = op == HF_COND_GT || op == HF_COND_GE;

    if (is_unsigned && value >= 0 && upper) {
        raise_low(n, 0);
    }
    if (is_unsigned && lower && n->low < 0) {
        n->nonzero |= value > 0 || op == HF_COND_GT;
    } else if (op == HF_COND_EQ) {
        raise_low(n, value);
        lower_high(n, value);
    } else if (op == HF_COND_NE && value == 0) {
        n->nonzero = TRUE;
    } else if (op == HF_COND_NE && n->low == value && n->high == value) {
        return FALSE;
    } else if (op == HF_COND_LT && value > G_MININT64) {
        lower_high(n, value - 1);
    } else if (op == HF_COND_LE) {
        lower_high(n, value);
    } else if (op == HF_COND_GT && value < G_MAXINT64) {
        raise_low(n, value + 1);
    } else if (op == HF_COND_GE) {
        raise_low(n, value);
    }
    if (n->nonzero) {
        n->low += n->low == 0;
        n->high -= n->high == 0;
    }
    return n->low <= n->high;
}

/* Locals and results are worth remembering when a condition asks for them,
 * memory when two do. */
static gboolean worth(const HfOwnedWalk *w, HfId path)
{
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(w->asked,
                                                   GUINT_TO_POINTER(path)));

    return n > 1 || (n && w->f->paths[path].kind == HF_PATH_LOCAL);
}

/* Who asks whether there is a function to call when done was given one. */
static gboolean is_callback(const HfOwnedWalk *w, HfId path)
{
    const HfPath *p = &w->f->paths[path];

    return p->kind == HF_PATH_LOCAL &&
           w->f->locals[p->ref].type_flags & HF_TYPE_FUNCTION_POINTER &&
           w->f->locals[p->ref].flags & HF_LOCAL_PARAM;
}

gboolean hf_known_branch(const HfOwnedWalk *w, HfOwnedKey *k,
                         const HfCond *cond, gboolean negated)
{
    HfCondOp op = cond->op == HF_COND_TRUE ? HF_COND_NE : cond->op;
    const HfPath *rhs = &w->f->paths[cond->rhs];
    gint64 value = cond->op == HF_COND_TRUE ? 0 : rhs->value;
    HfKnown n;

    if (cond->op != HF_COND_TRUE && rhs->kind != HF_PATH_CONST) {
        return TRUE;
    }
    n = known_of(w, k, cond->lhs);
    n.nonzero |= is_callback(w, cond->lhs);
    if (!narrow(&n, negated ? inverse(op) : op, value,
                cond->flags & HF_COND_UNSIGNED)) {
        return FALSE;
    }
    if (worth(w, cond->lhs) && !hf_owned_is_object(w, k, cond->lhs)) {
        hf_known_set(k, &n);
    }
    return TRUE;
}

/* ---- values ------------------------------------------------------------- */

void hf_known_assign(const HfOwnedWalk *w, HfOwnedKey *k, HfId to, HfId value)
{
    HfKnown n = anything(to);

    if (value) {
        n = known_of(w, k, value);
        n.path = to;
    }
    hf_known_forget(w, k, to);
    if (worth(w, to) &&
        (n.nonzero || n.low > G_MININT64 || n.high < G_MAXINT64)) {
        hf_known_set(k, &n);
    }
}

HfSign hf_known_sign(const HfOwnedWalk *w, const HfOwnedKey *k, HfId path)
{
    HfKnown n = known_of(w, k, path);

    if (n.low == 0 && n.high == 0) {
        return HF_SIGN_ZERO;
    }
    if (n.high < 0) {
        return HF_SIGN_NEGATIVE;
    }
    if (n.low > 0) {
        return HF_SIGN_POSITIVE;
    }
    return n.nonzero ? HF_SIGN_NONZERO : HF_SIGN_ANY;
}

gboolean hf_known_assume_sign(HfOwnedKey *k, HfId path, HfSign sign)
{
    const HfKnown *have = hf_known_find(k, path);
    HfKnown n = have ? *have : anything(path);
    gboolean ok = TRUE;

    switch (sign) {
    case HF_SIGN_NEGATIVE:
        ok = narrow(&n, HF_COND_LT, 0, FALSE);
        break;
    case HF_SIGN_ZERO:
        ok = narrow(&n, HF_COND_EQ, 0, FALSE);
        break;
    case HF_SIGN_POSITIVE:
        ok = narrow(&n, HF_COND_GT, 0, FALSE);
        break;
    case HF_SIGN_NONZERO:
        ok = narrow(&n, HF_COND_NE, 0, FALSE);
        break;
    default:
        return TRUE;
    }
    if (ok) {
        hf_known_set(k, &n);
    }
    return ok;
}

/* ---- results of calls --------------------------------------------------- */

/* Is this way out of a callee ruled out by what it is passed? */
static gboolean is_ruled_out(const HfOwnedWalk *w, const HfOwnedKey *k,
                             const HfEvent *e, const HfExit *ex)
{
    for (guint i = 0; ex->facts && i < ex->facts->len; i++) {
        const HfFact *fact = &g_array_index(ex->facts, HfFact, i);
        const HfXNode *n = hf_x(w->o->c->solved->exprs, fact->key);
        HfSign sign;

        if (n->kind != HF_X_PARAM || n->ref >= e->n_args ||
            fact->flags & HF_FACT_STORED) {
            continue;
        }
        sign = hf_known_sign(w, k, w->f->args[e->first_arg + n->ref]);
        if ((fact->kind == HF_FACT_ZERO && sign > HF_SIGN_ANY &&
             sign != HF_SIGN_ZERO) ||
            (fact->kind == HF_FACT_NONZERO && sign == HF_SIGN_ZERO)) {
            return TRUE;
        }
    }
    return FALSE;
}

static HfResult result_of(const HfOwnedWalk *w, const HfOwnedKey *k,
                          const HfEvent *e, const HfExit *ex)
{
    const HfXNode *n = hf_x(w->o->c->solved->exprs, ex->value);
    HfSign sign = HF_SIGN_ANY;

    if (ex->result != HF_RESULT_ANY) {
        return ex->result;
    }
    if (ex->value && n->kind == HF_X_PARAM && n->ref < e->n_args) {
        sign = hf_known_sign(w, k, w->f->args[e->first_arg + n->ref]);
    }
    return sign == HF_SIGN_ANY ? HF_RESULT_ANY
           : sign == HF_SIGN_ZERO ? HF_RESULT_ZERO : HF_RESULT_NONZERO;
}

/* By contract it is one of the arguments. */
static gboolean is_argument(const HfOwnedWalk *w, HfOwnedKey *k,
                            uint32_t event, const HfContract *contract)
{
    const HfEvent *e = hf_flow_event(w->flow, event);

    for (guint i = 0; contract && i < contract->clauses->len; i++) {
        const HfClause *cl = &g_array_index(contract->clauses, HfClause, i);

        if (cl->kind == HF_EFF_RETURNS_ARG && cl->arg >= 0 &&
            (guint)cl->arg < e->n_args) {
            hf_known_assume_sign(
                k, w->results[event],
                hf_known_sign(w, k, w->f->args[e->first_arg + cl->arg]));
            return TRUE;
        }
    }
    return FALSE;
}

void hf_known_result(const HfOwnedWalk *w, HfOwnedKey *k, uint32_t event,
                     const HfFlow *callee, const HfContract *contract)
{
    const HfEvent *e = hf_flow_event(w->flow, event);
    guint seen = 0;

    if (!w->results[event] || is_argument(w, k, event, contract) ||
        !callee || callee->skip || !callee->exits) {
        return;
    }
    for (guint i = 0; i < callee->exits->len; i++) {
        const HfExit *ex = &g_array_index(callee->exits, HfExit, i);

        if (!is_ruled_out(w, k, e, ex)) {
            seen |= 1u << result_of(w, k, e, ex);
        }
    }
    if (seen == 1u << HF_RESULT_ZERO || seen == 1u << HF_RESULT_NONZERO) {
        hf_known_assume_sign(k, w->results[event],
                             seen == 1u << HF_RESULT_ZERO ? HF_SIGN_ZERO
                                                          : HF_SIGN_NONZERO);
    }
}

/* ---- what is asked ------------------------------------------------------ */

static void count(GHashTable *asked, HfId path, guint n)
{
    gpointer key = GUINT_TO_POINTER(path);

    n += GPOINTER_TO_UINT(g_hash_table_lookup(asked, key));
    g_hash_table_insert(asked, key, GUINT_TO_POINTER(n));
}

static void note_result(HfOwnedWalk *w, HfId path)
{
    const HfPath *p = &w->f->paths[path];

    if (p->kind == HF_PATH_TEMP) {
        w->results[p->ref - w->flow->fn->first_event] = path;
    }
}

void hf_known_start(HfOwnedWalk *w)
{
    const HfFunction *fn = w->flow->fn;
    g_autoptr(GHashTable) conds = g_hash_table_new(NULL, NULL);

    w->asked = g_hash_table_new(NULL, NULL);
    w->results = g_new0(HfId, fn->n_events + 1);
    for (uint32_t b = 0; b < fn->n_blocks; b++) {
        const HfBlock *block = &w->f->blocks[fn->first_block + b];

        for (uint32_t i = 0; i < block->n_edges; i++) {
            HfId cond = w->f->edges[block->first_edge + i].cond;
            HfId lhs = w->f->conds[cond].lhs;

            if (lhs && w->f->paths[lhs].kind != HF_PATH_UNKNOWN &&
                g_hash_table_add(conds, GUINT_TO_POINTER(cond))) {
                count(w->asked, lhs, 1);
                note_result(w, lhs);
            }
        }
    }
    for (uint32_t i = 0; i < fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(w->flow, i);

        note_result(w, e->value);
        if (e->kind == HF_EV_RETURN && e->value) {
            count(w->asked, e->value, 1);
        }
    }
}
