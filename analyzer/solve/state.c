/* SPDX-License-Identifier: MIT */
#include "solve/state.h"

#include <string.h>

gsize hf_state_size(const HfBody *b)
{
    return sizeof(HfState) + b->fn->n_locals * sizeof(HfX);
}

void hf_state_init(const HfBody *b, HfState *s)
{
    memset(s, 0, sizeof(*s));
    s->ret_event = UINT32_MAX;
    for (uint32_t i = 0; i < b->fn->n_locals; i++) {
        s->env[i] = hf_x_leaf(b->t, i < b->fn->n_params ? HF_X_PARAM
                                                        : HF_X_LOCAL, i);
    }
}

/* ---- evaluation --------------------------------------------------------- */

static HfX temp_value(const HfBody *b, const HfState *s, uint32_t event)
{
    for (int i = s->n_temps - 1; i >= 0; i--) {
        if (s->temps[i].event == event) {
            return s->temps[i].value;
        }
    }
    return hf_x_leaf(b->t, HF_X_TEMP, event);
}

static HfX unknown(const HfBody *b, uint32_t ref)
{
    return hf_x_leaf(b->t, HF_X_UNKNOWN, ref);
}

HfX hf_state_object(const HfBody *b, const HfState *s, HfId path)
{
    const HfPath *p = &b->u->facts->paths[path];
    HfX x;

    switch (p->kind) {
    case HF_PATH_LOCAL:
        return hf_x_leaf(b->t, HF_X_LOCAL, p->ref - b->fn->first_local);
    case HF_PATH_DEREF:
        x = hf_x_deref(b->t, hf_state_value(b, s, p->parent));
        break;
    case HF_PATH_FIELD:
        x = hf_x_field(b->t, hf_state_object(b, s, p->parent),
                       b->u->fields[p->ref]);
        break;
    case HF_PATH_INDEX:
        x = hf_x_index(b->t, hf_state_object(b, s, p->parent), p->value);
        break;
    default:
        return hf_state_value(b, s, path);
    }
    return x ? x : unknown(b, path);
}

HfX hf_state_value(const HfBody *b, const HfState *s, HfId path)
{
    const HfPath *p = &b->u->facts->paths[path];
    HfX x = 0;

    switch (p->kind) {
    case HF_PATH_NONE:
        return 0;
    case HF_PATH_LOCAL:
        return s->env[p->ref - b->fn->first_local];
    case HF_PATH_GLOBAL:
        return hf_x_leaf(b->t, HF_X_GLOBAL, b->u->symbols[p->ref]);
    case HF_PATH_FUNCTION:
        return hf_x_leaf(b->t, HF_X_FUNCTION, b->u->symbols[p->ref]);
    case HF_PATH_TEMP:
        return temp_value(b, s, p->ref - b->fn->first_event);
    case HF_PATH_CONST:
        return hf_x_const(b->t, p->value);
    case HF_PATH_STRING:
        return hf_x_leaf(b->t, HF_X_STRING, 0);
    case HF_PATH_ADDR:
        x = hf_x_addr(b->t, hf_state_object(b, s, p->parent));
        break;
    case HF_PATH_CONTAINER_OF:
        x = hf_x_container(b->t, hf_state_value(b, s, p->parent),
                           b->u->fields[p->ref]);
        break;
    case HF_PATH_COMPUTED:
        x = hf_state_value(b, s, p->parent);
        x = hf_x(b->t, x)->kind == HF_X_UNKNOWN
                ? 0 : hf_x_computed(b->t, x, p->ref, p->value);
        break;
    case HF_PATH_DEREF:
    case HF_PATH_FIELD:
    case HF_PATH_INDEX:
        x = hf_state_resolve(b, s, hf_state_object(b, s, path));
        break;
    default:
        break;
    }
    return x ? x : unknown(b, path);
}

static HfX value_stored(const HfState *s, HfX object)
{
    for (int i = s->n_stored; i > 0; i--) {
        if (s->stored[i - 1].object == object) {
            return s->stored[i - 1].value;
        }
    }
    return object;
}

/* LOCAL in value position means what the local holds; under & or . it is the
 * object itself. */
static HfX resolve(const HfBody *b, const HfState *s, HfX x, gboolean value)
{
    HfXNode n = *hf_x(b->t, x);
    HfX parent;

    if (!n.local) {
        return x;
    }
    if (n.kind == HF_X_LOCAL) {
        return value ? s->env[n.ref] : x;
    }
    if (!n.parent || n.other) {
        return x;
    }
    parent = resolve(b, s, n.parent,
                     n.kind == HF_X_DEREF || n.kind == HF_X_CONTAINER_OF ||
                         n.kind == HF_X_COMPUTED);
    x = parent == n.parent ? x : hf_x_rebuild(b->t, &n, parent, 0);
    return value ? value_stored(s, x) : x;
}

HfX hf_state_resolve(const HfBody *b, const HfState *s, HfX x)
{
    return resolve(b, s, x, TRUE);
}

/* ---- facts -------------------------------------------------------------- */

/* UINT32_MAX is -1 for some and 4294967295 for others. */
static gboolean same_value(int64_t a, int64_t b)
{
    return a == b || ((a < 0) != (b < 0) && (uint32_t)a == (uint32_t)b);
}

int hf_fact_implies(const HfFact *a, const HfFact *b)
{
    gboolean a_is = a->kind == HF_FACT_EQ || a->kind == HF_FACT_ZERO;
    gboolean b_is = b->kind == HF_FACT_EQ || b->kind == HF_FACT_ZERO;
    int64_t av = a->kind == HF_FACT_ZERO || a->kind == HF_FACT_NONZERO
                     ? 0 : a->value;
    int64_t bv = b->kind == HF_FACT_ZERO || b->kind == HF_FACT_NONZERO
                     ? 0 : b->value;

    if (a_is) { /* the value is av */
        return same_value(av, bv) == b_is ? 1 : -1;
    }
    if (av != bv) {
        return 0;
    }
    return b_is ? -1 : 1; /* the value is not av */
}

/* Known without looking at the state? */
static int decide_alone(const HfBody *b, const HfFact *f)
{
    const HfXNode *n = hf_x(b->t, f->key);
    HfFact is = { .kind = HF_FACT_NONZERO };

    switch (n->kind) {
    case HF_X_CONST:
        is.kind = HF_FACT_EQ;
        is.value = n->value;
        return hf_fact_implies(&is, f);
    case HF_X_ADDR:
    case HF_X_STRING:
    case HF_X_FUNCTION:
        return hf_fact_implies(&is, f);
    case HF_X_COMPUTED:
        /* some bit is set */
        return n->ref == HF_PATH_OP_OR && n->value ? hf_fact_implies(&is, f)
                                                   : 0;
    default:
        return 0;
    }
}

/* From what is known of the value that the key is computed from. */
static int decide_computed(const HfBody *b, const HfState *s, const HfFact *f)
{
    HfXNode n = *hf_x(b->t, f->key);

    if (n.kind != HF_X_COMPUTED) {
        return 0;
    }
    for (int i = 0; i < s->n_facts; i++) {
        const HfFact *of = &s->facts[i];
        HfFact computed = *f;

        if (of->key == n.parent &&
            (of->kind == HF_FACT_ZERO || of->kind == HF_FACT_EQ)) {
            computed.key = hf_x_computed(
                b->t, hf_x_const(b->t, of->kind == HF_FACT_EQ ? of->value : 0),
                n.ref, n.value);
            return computed.key ? decide_alone(b, &computed) : 0;
        }
    }
    return 0;
}

/* The one least likely to be asked again: something stored, else the oldest. */
static void drop_fact(HfState *s)
{
    int i = 0;

    while (i < s->n_facts && !(s->facts[i].flags & HF_FACT_STORED)) {
        i++;
    }
    i = i < s->n_facts ? i : 0;
    s->n_facts--;
    memmove(&s->facts[i], &s->facts[i + 1],
            (s->n_facts - i) * sizeof(s->facts[0]));
}

gboolean hf_state_assume(const HfBody *b, HfState *s, const HfFact *f)
{
    int open = -1, known;

    if (!f->key || hf_x(b->t, f->key)->kind == HF_X_UNKNOWN) {
        return TRUE;
    }
    known = decide_alone(b, f);
    if (!known) {
        known = decide_computed(b, s, f);
    }
    if (known) {
        return known > 0;
    }
    for (int i = 0; i < s->n_facts; i++) {
        if (s->facts[i].key == f->key) {
            known = hf_fact_implies(&s->facts[i], f);
            if (known) {
                return known > 0;
            }
            open = i;
        }
    }
    if (open >= 0 && (f->kind == HF_FACT_EQ || f->kind == HF_FACT_ZERO)) {
        uint16_t stored = s->facts[open].flags & HF_FACT_STORED;

        s->facts[open] = *f; /* stronger than what was known */
        s->facts[open].flags |= stored;
        return TRUE;
    }
    if (s->n_facts == HF_STATE_FACTS) {
        drop_fact(s);
    }
    s->facts[s->n_facts++] = *f;
    return TRUE;
}

static void store_in_local(const HfBody *b, HfState *s, HfX object, HfX value)
{
    HfX x = object;

    while (hf_x(b->t, x)->kind == HF_X_FIELD) {
        x = hf_x(b->t, x)->parent;
    }
    if (x == object || hf_x(b->t, x)->kind != HF_X_LOCAL || !value ||
        hf_x(b->t, value)->kind == HF_X_UNKNOWN) {
        return;
    }
    if (s->n_stored == HF_STATE_STORED) {
        s->n_stored--;
        memmove(&s->stored[0], &s->stored[1],
                s->n_stored * sizeof(s->stored[0]));
    }
    s->stored[s->n_stored++] = (HfStored){ object, value };
}

void hf_state_note(const HfBody *b, HfState *s, HfX object, HfX value)
{
    const HfXNode *n = hf_x(b->t, value);
    HfFact f = { .key = object, .kind = HF_FACT_EQ, .flags = HF_FACT_STORED };

    store_in_local(b, s, object, value);
    if (n->kind != HF_X_CONST || s->n_facts > HF_STATE_FACTS - 8 ||
        hf_x(b->t, hf_x_root(b->t, object))->kind == HF_X_UNKNOWN) {
        return;
    }
    f.value = n->value;
    if (f.value == 0) {
        f.kind = HF_FACT_ZERO;
    }
    hf_state_assume(b, s, &f);
}

static HfFact truth(HfX key, gboolean nonzero)
{
    return (HfFact){ .key = key,
                     .kind = nonzero ? HF_FACT_NONZERO : HF_FACT_ZERO };
}

/* 8 <= SIZE_MAX, where SIZE_MAX is -1 to us. */
static gboolean order_is_open(const HfCond *c, int64_t l, int64_t r)
{
    return c->flags & HF_COND_UNSIGNED && (l < 0 || r < 0);
}

static gboolean assume_order(const HfBody *b, HfState *s, const HfCond *c,
                             HfX l, HfX r, gboolean negated)
{
    HfCondOp op = c->op;
    HfFact f;
    gboolean ok;
    HfX key;

    if (op == HF_COND_GT || op == HF_COND_LE) {
        HfX swap = l;

        l = r;
        r = swap;
        op = op == HF_COND_GT ? HF_COND_LT : HF_COND_GE;
    }
    if (op == HF_COND_GE) {
        negated = !negated;
    }
    if (hf_x(b->t, l)->kind == HF_X_CONST &&
        hf_x(b->t, r)->kind == HF_X_CONST) {
        int64_t lv = hf_x(b->t, l)->value, rv = hf_x(b->t, r)->value;

        return order_is_open(c, lv, rv) || (lv < rv) != negated;
    }
    key = hf_x_compare(b->t, HF_X_LT, l, r);
    if (!key) {
        return TRUE;
    }
    f = truth(key, !negated);
    ok = hf_state_assume(b, s, &f);
    /* x < 0 and 0 < x say that x is not 0 */
    if (ok && !negated && hf_x(b->t, r)->kind == HF_X_CONST &&
        hf_x(b->t, r)->value == 0) {
        f = truth(l, TRUE);
        ok = hf_state_assume(b, s, &f);
    } else if (ok && !negated && hf_x(b->t, l)->kind == HF_X_CONST &&
               hf_x(b->t, l)->value == 0) {
        f = truth(r, TRUE);
        ok = hf_state_assume(b, s, &f);
    }
    return ok;
}

gboolean hf_state_branch(const HfBody *b, HfState *s, const HfCond *c,
                         gboolean negated)
{
    HfX l = hf_state_value(b, s, c->lhs);
    HfX r = c->rhs ? hf_state_value(b, s, c->rhs) : 0;
    HfFact f;

    if (c->op == HF_COND_TRUE) {
        f = truth(l, !negated);
        return hf_state_assume(b, s, &f);
    }
    if (!l || !r || hf_x(b->t, l)->kind == HF_X_UNKNOWN ||
        hf_x(b->t, r)->kind == HF_X_UNKNOWN) {
        return TRUE;
    }
    if (c->op != HF_COND_EQ && c->op != HF_COND_NE) {
        return assume_order(b, s, c, l, r, negated);
    }
    negated ^= c->op == HF_COND_NE;
    if (hf_x(b->t, l)->kind == HF_X_CONST) {
        HfX swap = l;

        l = r;
        r = swap;
    }
    if (hf_x(b->t, r)->kind == HF_X_CONST) {
        f = (HfFact){ .key = l, .value = hf_x(b->t, r)->value,
                      .kind = negated ? HF_FACT_NE : HF_FACT_EQ };
        if (f.value == 0) {
            f.kind = negated ? HF_FACT_NONZERO : HF_FACT_ZERO;
        }
        return hf_state_assume(b, s, &f);
    }
    if (l == r) {
        return !negated;
    }
    f = truth(hf_x_compare(b->t, HF_X_EQ, l, r), !negated);
    return hf_state_assume(b, s, &f);
}

HfResult hf_state_result(const HfBody *b, const HfState *s, HfX value)
{
    HfFact zero = truth(value, FALSE);
    int known = value ? decide_alone(b, &zero) : 0;

    if (!known && value) {
        known = decide_computed(b, s, &zero);
    }
    for (int i = 0; !known && value && i < s->n_facts; i++) {
        if (s->facts[i].key == value) {
            known = hf_fact_implies(&s->facts[i], &zero);
        }
    }
    return known > 0 ? HF_RESULT_ZERO : known < 0 ? HF_RESULT_NONZERO
                                                  : HF_RESULT_ANY;
}

/* ---- locks -------------------------------------------------------------- */

HfHold *hf_state_hold(HfState *s, HfX lock)
{
    for (int i = 0; i < s->n_holds; i++) {
        if (s->holds[i].lock == lock) {
            return &s->holds[i];
        }
    }
    return NULL;
}

/* Make room: traces of locks taken and given back. */
static void drop_idle(HfState *s)
{
    int n = 0;

    for (int i = 0; i < s->n_holds; i++) {
        if (hf_hold_matters(&s->holds[i])) {
            s->holds[n++] = s->holds[i];
        }
    }
    s->n_holds = n;
}

void hf_state_set_hold(HfState *s, const HfHold *hold)
{
    HfHold *have = hf_state_hold(s, hold->lock);

    if (have) {
        *have = *hold;
        return;
    }
    if (s->n_holds == HF_STATE_HOLDS) {
        drop_idle(s);
    }
    if (s->n_holds < HF_STATE_HOLDS) {
        s->holds[s->n_holds++] = *hold;
        hf_state_sort_holds(s);
    }
}

void hf_state_drop_hold(HfState *s, HfX lock)
{
    HfHold *have = hf_state_hold(s, lock);

    if (have) {
        s->n_holds--;
        memmove(have, have + 1,
                (char *)&s->holds[s->n_holds] - (char *)have);
    }
}

/* ---- objects nobody else can see yet ------------------------------------ */

void hf_state_add_fresh(HfState *s, HfX x)
{
    if (x && s->n_fresh < HF_STATE_FRESH) {
        s->fresh[s->n_fresh++] = x;
    }
}

void hf_state_publish(const HfBody *b, HfState *s, HfX value)
{
    for (int i = 0; value && i < s->n_fresh; i++) {
        if (hf_x_mentions(b->t, value, s->fresh[i])) {
            s->fresh[i] = s->fresh[--s->n_fresh];
            i--;
        }
    }
}

gboolean hf_state_is_fresh(const HfBody *b, const HfState *s, HfX object)
{
    for (int i = 0; i < s->n_fresh; i++) {
        if (hf_x_mentions(b->t, object, s->fresh[i])) {
            return TRUE;
        }
    }
    return FALSE;
}
