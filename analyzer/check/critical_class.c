/* SPDX-License-Identifier: MIT */
/* Classes of locks, paths to what is waited for, and sets of classes. */
#include "check/critical.h"
#include "check/verdict.h"

#include <string.h>

/* ---- classes ------------------------------------------------------------ */

static HfX self(const HfCritical *cr)
{
    return hf_x_leaf(cr->t, HF_X_SELF, 0);
}

HfX hf_critical_class(const HfCritical *cr, HfX lock)
{
    HfXNode n = *hf_x(cr->t, lock);
    HfX inner;

    switch (lock ? n.kind : HF_X_NONE) {
    case HF_X_CAP:
    case HF_X_GLOBAL:
    case HF_X_NAMED:
        return lock;
    case HF_X_INDEX:
        return hf_critical_class(cr, n.parent);
    case HF_X_FIELD:
        return hf_x_field(cr->t, self(cr), n.ref);
    case HF_X_DEREF: /* a pointer to a lock, kept in an object */
        inner = hf_critical_class(cr, n.parent);
        return inner ? hf_x_deref(cr->t, inner) : 0;
    default:
        return 0;
    }
}

static HfX root_to_self(HfXTable *t, HfX leaf, const HfXNode *n, gpointer data)
{
    (void)data;
    switch (n->kind) {
    case HF_X_CAP:
    case HF_X_GLOBAL:
    case HF_X_NAMED:
    case HF_X_SELF:
        return leaf;
    case HF_X_OLD: /* it is called what it was then */
        return hf_x_map(t, n->ref, root_to_self, NULL);
    case HF_X_CONST:
    case HF_X_STRING:
    case HF_X_FUNCTION:
        return 0;
    default:
        return hf_x_leaf(t, HF_X_SELF, 0);
    }
}

/* A member, or a variable, is somewhere on the path. */
static gboolean has_name(const HfCritical *cr, HfX x)
{
    while (x) {
        const HfXNode *n = hf_x(cr->t, x);

        if (n->kind == HF_X_FIELD || n->kind == HF_X_GLOBAL ||
            n->kind == HF_X_NAMED) {
            return TRUE;
        }
        x = n->kind == HF_X_OLD ? n->ref : n->parent;
    }
    return FALSE;
}

HfX hf_critical_path(const HfCritical *cr, HfX object)
{
    return has_name(cr, object) ? hf_x_map(cr->t, object, root_to_self, NULL)
                                : 0;
}

HfX hf_critical_object(const HfCritical *cr, HfX value)
{
    const HfXNode *n = hf_x(cr->t, value);

    return n->kind == HF_X_ADDR ? n->parent : value;
}

/* The next thing up the path that has a name; what is stepped over says
 * nothing. */
static HfX step(const HfCritical *cr, HfX x)
{
    while (x) {
        const HfXNode *n = hf_x(cr->t, x);

        switch (n->kind) {
        case HF_X_DEREF:
        case HF_X_ADDR:
        case HF_X_INDEX:
            x = n->parent;
            break;
        case HF_X_OLD:
            x = n->ref;
            break;
        default:
            return x;
        }
    }
    return 0;
}

/* A member that is there by value, and a variable that is. */
static gboolean are_member_and_variable(const HfCritical *cr, HfX member,
                                        HfX variable)
{
    const HfXNode *m = hf_x(cr->t, member), *v = hf_x(cr->t, variable);
    const HfProgram *p = cr->s->program;
    const uint32_t pointer = HF_TYPE_POINTER | HF_TYPE_FUNCTION_POINTER;

    return m->kind == HF_X_FIELD && v->kind == HF_X_GLOBAL &&
           !(HF_PROGRAM_FIELD(p, m->ref)->type_flags & pointer) &&
           !(HF_PROGRAM_SYM(p, v->ref)->type_flags & pointer);
}

gboolean hf_critical_may_alias(const HfCritical *cr, HfX a, HfX b)
{
    for (;;) {
        const HfXNode *x, *y;

        if (are_member_and_variable(cr, a, b) ||
            are_member_and_variable(cr, b, a)) {
            return FALSE; /* neither is the other */
        }
        a = step(cr, a);
        b = step(cr, b);
        x = hf_x(cr->t, a);
        y = hf_x(cr->t, b);
        if (a == b) {
            return TRUE;
        }
        if (x->kind == HF_X_FIELD && y->kind == HF_X_FIELD) {
            if (x->ref != y->ref) {
                return FALSE;
            }
            a = x->parent;
            b = y->parent;
            continue;
        }
        /* two variables are two things; all else may be anything */
        return !((x->kind == HF_X_GLOBAL || x->kind == HF_X_CAP ||
                  x->kind == HF_X_NAMED) &&
                 (y->kind == HF_X_GLOBAL || y->kind == HF_X_CAP ||
                  y->kind == HF_X_NAMED));
    }
}

gboolean hf_critical_is_single(const HfCritical *cr, HfX cls)
{
    HfXKind kind = hf_x(cr->t, cls)->kind;

    return kind == HF_X_CAP || kind == HF_X_GLOBAL || kind == HF_X_NAMED;
}

gboolean hf_critical_is_one(const HfCritical *cr, HfX lock)
{
    for (HfX x = lock; x; x = hf_x(cr->t, x)->parent) {
        const HfXNode *n = hf_x(cr->t, x);

        if (n->kind == HF_X_INDEX && n->value < 0) {
            return FALSE;
        }
        if (hf_critical_is_single(cr, x)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_critical_is_lock(const HfCritical *cr, HfX cls)
{
    return cls && hf_verdict_is_lock(cr->check, cls);
}

/* pthread_spinlock_t is an integer: no record, just a word. */
static const char *type_text(const HfCritical *cr, HfX cls)
{
    const HfXNode *n = hf_x(cr->t, step(cr, cls));

    return n->kind == HF_X_FIELD
               ? HF_PROGRAM_FIELD(cr->s->program, n->ref)->type
           : n->kind == HF_X_GLOBAL
               ? HF_PROGRAM_SYM(cr->s->program, n->ref)->type : "";
}

typedef gboolean (*TypeFn)(const HfLockTypeRule *rule);

static gboolean of_type(const HfCritical *cr, HfX cls, TypeFn fn)
{
    const GPtrArray *types = cr->s->program->rules->lock_types;
    g_auto(GStrv) words = NULL;

    if (!cls) {
        return FALSE;
    }
    words = g_strsplit_set(type_text(cr, cls), " *[]", -1);
    for (guint i = 0; types && i < types->len; i++) {
        const HfLockTypeRule *rule = g_ptr_array_index(types, i);

        if (fn(rule) &&
            g_strv_contains((const char *const *)words, rule->type)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean type_spins(const HfLockTypeRule *rule)
{
    return rule->spins;
}

static gboolean type_yields(const HfLockTypeRule *rule)
{
    return rule->yields;
}

static gboolean type_is_thread(const HfLockTypeRule *rule)
{
    return !rule->yields;
}

gboolean hf_critical_spins(const HfCritical *cr, HfX cls)
{
    return of_type(cr, cls, type_spins);
}

gboolean hf_critical_yields(const HfCritical *cr, HfX cls)
{
    return of_type(cr, cls, type_yields);
}

gboolean hf_critical_blocks(const HfCritical *cr, HfX cls)
{
    return of_type(cr, cls, type_is_thread);
}

/* ---- sets --------------------------------------------------------------- */

typedef struct {
    uint32_t first, n;
} Span;

typedef struct {
    HfX *v;
    guint n;
} SetKey;

static guint set_hash(gconstpointer key)
{
    const SetKey *k = key;
    guint h = k->n;

    for (guint i = 0; i < k->n; i++) {
        h = h * 31 + k->v[i];
    }
    return h;
}

static gboolean set_equal(gconstpointer a, gconstpointer b)
{
    const SetKey *x = a, *y = b;

    return x->n == y->n &&
           (!x->n || memcmp(x->v, y->v, x->n * sizeof(HfX)) == 0);
}

static void set_key_free(gpointer key)
{
    g_free(((SetKey *)key)->v);
    g_free(key);
}

void hf_critical_sets_init(HfCritical *cr)
{
    cr->set_rows = g_array_new(FALSE, FALSE, sizeof(HfX));
    cr->set_spans = g_array_new(FALSE, FALSE, sizeof(Span));
    cr->set_index = g_hash_table_new_full(set_hash, set_equal, set_key_free,
                                          NULL);
    cr->hold_sets = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    hf_critical_set(cr, NULL, 0);
}

void hf_critical_sets_clear(HfCritical *cr)
{
    g_array_unref(cr->set_rows);
    g_array_unref(cr->set_spans);
    g_hash_table_unref(cr->set_index);
    g_hash_table_unref(cr->hold_sets);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    const HfX *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

HfCritSet hf_critical_set(HfCritical *cr, HfX *classes, guint n)
{
    SetKey key = { classes, 0 };
    Span span = { cr->set_rows->len, 0 };
    SetKey *own;
    gpointer have;

    if (n) {
        qsort(classes, n, sizeof(HfX), by_number);
    }
    for (guint i = 0; i < n; i++) {
        if (!key.n || classes[key.n - 1] != classes[i]) {
            classes[key.n++] = classes[i];
        }
    }
    if (g_hash_table_lookup_extended(cr->set_index, &key, NULL, &have)) {
        return GPOINTER_TO_UINT(have);
    }
    own = g_new(SetKey, 1);
    *own = (SetKey){ g_memdup2(classes, key.n * sizeof(HfX)), key.n };
    span.n = key.n;
    g_array_append_vals(cr->set_rows, classes, key.n);
    g_array_append_val(cr->set_spans, span);
    g_hash_table_insert(cr->set_index, own,
                        GUINT_TO_POINTER(cr->set_spans->len - 1));
    return cr->set_spans->len - 1;
}

const HfX *hf_critical_members(const HfCritical *cr, HfCritSet s, guint *n)
{
    Span span = g_array_index(cr->set_spans, Span, s);

    *n = span.n;
    return span.n ? &g_array_index(cr->set_rows, HfX, span.first) : NULL;
}

gboolean hf_critical_has(const HfCritical *cr, HfCritSet s, HfX cls)
{
    guint n;
    const HfX *v = hf_critical_members(cr, s, &n);

    for (guint i = 0; i < n; i++) {
        if (v[i] == cls) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_critical_subset(const HfCritical *cr, HfCritSet a, HfCritSet b)
{
    guint n;
    const HfX *v = hf_critical_members(cr, a, &n);

    for (guint i = 0; a != b && i < n; i++) {
        if (!hf_critical_has(cr, b, v[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Nobody holds more at once; what is left out can only make a pair that does
 * not matter. */
#define MANY 64

HfCritSet hf_critical_update(HfCritical *cr, HfCritSet a, HfCritSet b,
                             HfCritSet c)
{
    HfX out[MANY];
    guint n, k = 0;
    const HfX *v;

    if (!c && (!a || !b)) {
        return a;
    }
    v = hf_critical_members(cr, a, &n);
    for (guint i = 0; i < n && k < MANY; i++) {
        if (!hf_critical_has(cr, b, v[i])) {
            out[k++] = v[i];
        }
    }
    v = hf_critical_members(cr, c, &n);
    for (guint i = 0; i < n && k < MANY; i++) {
        out[k++] = v[i];
    }
    return hf_critical_set(cr, out, k);
}

typedef struct {
    HfCritSet held, absent;
} HoldSets;

void hf_critical_of_holds(HfCritical *cr, HfHolds holds, HfCritSet *held,
                          HfCritSet *absent)
{
    HoldSets *have = g_hash_table_lookup(cr->hold_sets,
                                         GUINT_TO_POINTER(holds));
    HfX in[MANY], out[MANY];
    guint n, n_in = 0, n_out = 0;
    const HfHold *rows;

    if (!have) {
        rows = hf_holds(cr->s, holds, &n);
        for (guint i = 0; i < n && i < MANY; i++) {
            HfX cls = hf_critical_class(cr, rows[i].lock);

            if (!cls || (!hf_critical_is_lock(cr, cls) &&
                         cls != cr->coroutine)) {
                continue;
            }
            if (rows[i].now == HF_HOLD_HELD) {
                if (hf_critical_really_held(&rows[i])) {
                    in[n_in++] = cls;
                }
            } else if (rows[i].now == HF_HOLD_ABSENT) {
                out[n_out++] = cls;
            }
        }
        have = g_new(HoldSets, 1);
        have->held = hf_critical_set(cr, in, n_in);
        have->absent = hf_critical_set(cr, out, n_out);
        g_hash_table_insert(cr->hold_sets, GUINT_TO_POINTER(holds), have);
    }
    *held = have->held;
    *absent = have->absent;
}
