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

int hf_fact_implies(const HfFact *a, const HfFact *b)
{
    gboolean a_is = a->kind == HF_FACT_EQ || a->kind == HF_FACT_ZERO;
    gboolean b_is = b->kind == HF_FACT_EQ || b->kind == HF_FACT_ZERO;
    int64_t av = a->kind == HF_FACT_ZERO || a->kind == HF_FACT_NONZERO
                     ? 0 : a->value;
    int64_t bv = b->kind == HF_FACT_ZERO || b->kind == HF_FACT_NONZERO
                     ? 0 : b->value;

    if (a_is) { /* the value is av */
        return (av == bv) == b_is ? 1 : -1;
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

static gboolean assume_order(const HfBody *b, HfState *s, HfCondOp op, HfX l,
                             HfX r, gboolean negated)
{
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
    if (hf_x(b->t, l)->kind == HF_X_CONST && hf_x(b->t, r)->kind == HF_X_CONST) {
        return (hf_x(b->t, l)->value < hf_x(b->t, r)->value) != negated;
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
        return assume_order(b, s, c->op, l, r, negated);
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

/* A lock taken and given back leaves a trace that must not keep states
 * apart. */
static gboolean matters(const HfHold *h)
{
    return h->delta != 0 || h->now == HF_HOLD_HELD ||
           (h->flags & (HF_HOLD_DROPPED | HF_HOLD_ASSUMED));
}

/* Make room: traces of locks taken and given back. */
static void drop_idle(HfState *s)
{
    int n = 0;

    for (int i = 0; i < s->n_holds; i++) {
        if (matters(&s->holds[i])) {
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

/* ---- merging ------------------------------------------------------------ */

gboolean hf_state_same_locks(const HfState *a, const HfState *b)
{
    int i = 0, k = 0;

    for (;;) {
        while (i < a->n_holds && !matters(&a->holds[i])) {
            i++;
        }
        while (k < b->n_holds && !matters(&b->holds[k])) {
            k++;
        }
        if (i == a->n_holds || k == b->n_holds) {
            return i == a->n_holds && k == b->n_holds;
        }
        if (a->holds[i].lock != b->holds[k].lock ||
            a->holds[i].now != b->holds[k].now ||
            a->holds[i].delta != b->holds[k].delta ||
            (a->holds[i].flags ^ b->holds[k].flags) & HF_HOLD_FORGOTTEN) {
            return FALSE;
        }
        i++;
        k++;
    }
}

static int row_distance(const HfHold *a, const HfHold *b)
{
    static const HfHold none;

    a = a ? a : &none;
    b = b ? b : &none;
    if (a->delta != b->delta) {
        return 2 * HF_STATE_FAR;
    }
    if (a->now != b->now) {
        gboolean assumed = (a->flags | b->flags) & HF_HOLD_ASSUMED;

        return assumed && a->delta == 0 ? 2 : HF_STATE_FAR;
    }
    return a->flags != b->flags;
}

int hf_state_distance(const HfState *a, const HfState *b)
{
    int d = 0;

    for (int i = 0; i < a->n_holds; i++) {
        if (matters(&a->holds[i])) {
            d += row_distance(&a->holds[i],
                              hf_state_hold((HfState *)b, a->holds[i].lock));
        }
    }
    for (int i = 0; i < b->n_holds; i++) {
        if (matters(&b->holds[i]) &&
            !hf_state_hold((HfState *)a, b->holds[i].lock)) {
            d += row_distance(NULL, &b->holds[i]);
        }
    }
    return d;
}

static gboolean merge_holds(HfState *a, const HfState *o)
{
    gboolean changed = FALSE;
    int n = 0;

    for (int i = 0; i < a->n_holds; i++) {
        HfHold h = a->holds[i];
        const HfHold *other = hf_state_hold((HfState *)o, h.lock);
        const HfHold none = { .lock = h.lock };

        if (!other) {
            if (!matters(&h) || h.delta == 0) {
                changed = TRUE;
                continue; /* no longer known */
            }
            other = &none;
        }
        if (other->now < h.now || other->delta != h.delta ||
            (other->flags | h.flags) != h.flags) {
            changed = TRUE;
            if (other->delta != h.delta || other->now != h.now) {
                h.flags |= HF_HOLD_FORGOTTEN;
            }
            h.now = MIN(h.now, other->now);
            h.delta = MIN(h.delta, other->delta);
            h.flags |= other->flags;
        }
        a->holds[n++] = h;
    }
    a->n_holds = n;
    for (int i = 0; i < o->n_holds; i++) {
        const HfHold *other = &o->holds[i];

        if (other->now == HF_HOLD_ABSENT && matters(other) &&
            !hf_state_hold(a, other->lock)) {
            HfHold h = *other;

            h.flags |= HF_HOLD_FORGOTTEN;
            h.delta = MIN(h.delta, 0);
            hf_state_set_hold(a, &h);
            changed = TRUE;
        }
    }
    return changed;
}

static gboolean merge_facts(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_facts;

    for (int i = 0; i < a->n_facts; i++) {
        for (int k = 0; k < o->n_facts; k++) {
            if (a->facts[i].key == o->facts[k].key &&
                hf_fact_implies(&o->facts[k], &a->facts[i]) > 0) {
                a->facts[n] = a->facts[i];
                a->facts[n++].flags |= o->facts[k].flags;
                break;
            }
        }
    }
    a->n_facts = n;
    return n != before;
}

static gboolean merge_temps(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_temps;

    for (int i = 0; i < a->n_temps; i++) {
        for (int k = 0; k < o->n_temps; k++) {
            if (a->temps[i].event == o->temps[k].event &&
                a->temps[i].value == o->temps[k].value) {
                a->temps[n++] = a->temps[i];
                break;
            }
        }
    }
    a->n_temps = n;
    return n != before;
}

static gboolean merge_stored(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_stored;

    for (int i = 0; i < a->n_stored; i++) {
        for (int k = 0; k < o->n_stored; k++) {
            if (a->stored[i].object == o->stored[k].object &&
                a->stored[i].value == o->stored[k].value) {
                a->stored[n++] = a->stored[i];
                break;
            }
        }
    }
    a->n_stored = n;
    return n != before;
}

static gboolean merge_fresh(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_fresh;

    for (int i = 0; i < a->n_fresh; i++) {
        for (int k = 0; k < o->n_fresh; k++) {
            if (a->fresh[i] == o->fresh[k]) {
                a->fresh[n++] = a->fresh[i];
                break;
            }
        }
    }
    a->n_fresh = n;
    return n != before;
}

static gboolean merge_return(HfState *a, const HfState *o)
{
    gboolean changed = FALSE;

    if (a->ret != o->ret && a->ret) {
        a->ret = 0;
        changed = TRUE;
    }
    if (a->ret_result != o->ret_result && a->ret_result != HF_RESULT_ANY) {
        a->ret_result = HF_RESULT_ANY;
        changed = TRUE;
    }
    if (o->ret_event < a->ret_event) {
        a->ret_event = o->ret_event;
        changed = TRUE;
    }
    return changed;
}

/* The pointer through which the lock is reached. */
static HfX pointer_of(const HfBody *b, HfX lock)
{
    while (lock && hf_x(b->t, lock)->kind != HF_X_DEREF) {
        lock = hf_x(b->t, lock)->parent;
    }
    return lock ? hf_x(b->t, lock)->parent : 0;
}

static gboolean loses_name(const HfBody *b, const HfState *a,
                           const HfState *o, HfX lock)
{
    HfX p = pointer_of(b, lock);
    gboolean named = FALSE;

    for (uint32_t i = 0; p && i < b->fn->n_locals; i++) {
        if (a->env[i] == p && o->env[i] == p) {
            return FALSE;
        }
        named |= a->env[i] == p || o->env[i] == p;
    }
    return named;
}

gboolean hf_state_names_differ(const HfBody *b, const HfState *a,
                               const HfState *o)
{
    for (int i = 0; i < a->n_holds; i++) {
        if (a->holds[i].now == HF_HOLD_HELD && a->holds[i].delta > 0 &&
            loses_name(b, a, o, a->holds[i].lock)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What is no longer named cannot be seen to be given back. */
static gboolean forget_nameless(const HfBody *b, HfState *a, const HfState *o)
{
    gboolean changed = FALSE;

    for (int i = 0; i < a->n_holds; i++) {
        HfHold *h = &a->holds[i];

        if (h->now == HF_HOLD_HELD && h->delta > 0 &&
            !(h->flags & HF_HOLD_FORGOTTEN) &&
            loses_name(b, a, o, h->lock)) {
            h->flags |= HF_HOLD_FORGOTTEN;
            changed = TRUE;
        }
    }
    return changed;
}

gboolean hf_state_merge(const HfBody *b, HfState *a, const HfState *o)
{
    gboolean changed = forget_nameless(b, a, o);

    changed |= merge_holds(a, o);
    changed |= merge_facts(a, o);
    changed |= merge_temps(a, o);
    changed |= merge_fresh(a, o);
    changed |= merge_stored(a, o);
    changed |= merge_return(a, o);
    for (uint32_t i = 0; i < b->fn->n_locals; i++) {
        HfX self = hf_x_leaf(b->t, HF_X_LOCAL, i);

        if (a->env[i] != o->env[i] && a->env[i] != self) {
            a->env[i] = self;
            changed = TRUE;
        }
    }
    return changed;
}
