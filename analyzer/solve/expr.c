/* SPDX-License-Identifier: MIT */
#include "solve/expr.h"

#include <string.h>

struct HfXTable {
    GArray *nodes;  /* HfXNode */
    HfX *buckets;   /* open addressing */
    guint n_buckets; /* power of two */
    GPtrArray *names;       /* char*, of NAMED */
    GHashTable *name_index; /* char* -> index + 1 */
};

static guint64 hash_node(const HfXNode *n)
{
    guint64 h = n->kind * 0x9E3779B97F4A7C15ull;

    h = (h ^ n->ref) * 0xBF58476D1CE4E5B9ull;
    h = (h ^ n->parent) * 0x94D049BB133111EBull;
    h = (h ^ n->other) * 0x9E3779B97F4A7C15ull;
    h = (h ^ (guint64)n->value) * 0xBF58476D1CE4E5B9ull;
    return h ^ h >> 29;
}

static gboolean same_node(const HfXNode *a, const HfXNode *b)
{
    return a->kind == b->kind && a->ref == b->ref && a->parent == b->parent &&
           a->other == b->other && a->value == b->value;
}

static void grow(HfXTable *t)
{
    g_free(t->buckets);
    t->n_buckets *= 2;
    t->buckets = g_new0(HfX, t->n_buckets);
    for (HfX x = 1; x < t->nodes->len; x++) {
        guint i = hash_node(&g_array_index(t->nodes, HfXNode, x)) &
                  (t->n_buckets - 1);

        while (t->buckets[i]) {
            i = (i + 1) & (t->n_buckets - 1);
        }
        t->buckets[i] = x;
    }
}

static HfX intern(HfXTable *t, HfXNode n)
{
    guint i = hash_node(&n) & (t->n_buckets - 1);
    const HfXNode *up = n.parent ? hf_x(t, n.parent) : NULL;
    const HfXNode *other = n.other ? hf_x(t, n.other) : NULL;

    while (t->buckets[i]) {
        if (same_node(&n, hf_x(t, t->buckets[i]))) {
            return t->buckets[i];
        }
        i = (i + 1) & (t->n_buckets - 1);
    }
    n.depth = MAX(up ? up->depth : 0, other ? other->depth : 0) + 1;
    n.local = n.kind == HF_X_LOCAL || n.kind == HF_X_TEMP ||
              n.kind == HF_X_OLD || n.kind == HF_X_UNKNOWN ||
              (up && up->local) || (other && other->local);
    if (n.depth > HF_X_MAX_DEPTH) {
        return 0;
    }
    t->buckets[i] = t->nodes->len;
    g_array_append_val(t->nodes, n);
    if (t->nodes->len * 2 > t->n_buckets) {
        grow(t);
    }
    return t->nodes->len - 1;
}

HfXTable *hf_x_table_new(void)
{
    HfXTable *t = g_new0(HfXTable, 1);

    t->nodes = g_array_new(FALSE, TRUE, sizeof(HfXNode));
    g_array_set_size(t->nodes, 1);
    t->n_buckets = 1 << 12;
    t->buckets = g_new0(HfX, t->n_buckets);
    t->names = g_ptr_array_new_with_free_func(g_free);
    t->name_index = g_hash_table_new(g_str_hash, g_str_equal);
    return t;
}

void hf_x_table_free(HfXTable *t)
{
    if (t) {
        g_array_unref(t->nodes);
        g_hash_table_unref(t->name_index);
        g_ptr_array_unref(t->names);
        g_free(t->buckets);
        g_free(t);
    }
}

const HfXNode *hf_x(const HfXTable *t, HfX x)
{
    return &g_array_index(t->nodes, HfXNode, x);
}

guint hf_x_count(const HfXTable *t)
{
    return t->nodes->len;
}

HfX hf_x_leaf(HfXTable *t, HfXKind kind, uint32_t ref)
{
    return intern(t, (HfXNode){ .kind = kind, .ref = ref });
}

HfX hf_x_const(HfXTable *t, int64_t value)
{
    return intern(t, (HfXNode){ .kind = HF_X_CONST, .value = value });
}

HfX hf_x_named(HfXTable *t, const char *name)
{
    guint id = GPOINTER_TO_UINT(g_hash_table_lookup(t->name_index, name));

    if (!id) {
        char *copy = g_strdup(name);

        g_ptr_array_add(t->names, copy);
        id = t->names->len;
        g_hash_table_insert(t->name_index, copy, GUINT_TO_POINTER(id));
    }
    return hf_x_leaf(t, HF_X_NAMED, id - 1);
}

const char *hf_x_name(const HfXTable *t, HfX named)
{
    return g_ptr_array_index(t->names, hf_x(t, named)->ref);
}

HfX hf_x_deref(HfXTable *t, HfX x)
{
    const HfXNode *n = hf_x(t, x);

    if (!x) {
        return 0;
    }
    if (n->kind == HF_X_ADDR) {
        return n->parent;
    }
    return intern(t, (HfXNode){ .kind = HF_X_DEREF, .parent = x });
}

HfX hf_x_addr(HfXTable *t, HfX x)
{
    const HfXNode *n = hf_x(t, x);

    if (!x) {
        return 0;
    }
    if (n->kind == HF_X_DEREF) {
        return n->parent;
    }
    return intern(t, (HfXNode){ .kind = HF_X_ADDR, .parent = x });
}

HfX hf_x_field(HfXTable *t, HfX x, HfFieldId field)
{
    return x ? intern(t, (HfXNode){ .kind = HF_X_FIELD, .ref = field,
                                    .parent = x }) : 0;
}

HfX hf_x_index(HfXTable *t, HfX x, int64_t value)
{
    return x ? intern(t, (HfXNode){ .kind = HF_X_INDEX, .parent = x,
                                    .value = value }) : 0;
}

HfX hf_x_container(HfXTable *t, HfX x, HfFieldId field)
{
    const HfXNode *n = hf_x(t, x);

    if (!x) {
        return 0;
    }
    if (n->kind == HF_X_ADDR) {
        const HfXNode *of = hf_x(t, n->parent);

        if (of->kind == HF_X_FIELD && of->ref == field) {
            return hf_x_addr(t, of->parent);
        }
    }
    return intern(t, (HfXNode){ .kind = HF_X_CONTAINER_OF, .ref = field,
                                .parent = x });
}

static gboolean fold(HfPathOp op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case HF_PATH_OP_ADD:
        return !__builtin_add_overflow(a, b, out);
    case HF_PATH_OP_MUL:
        return !__builtin_mul_overflow(a, b, out);
    case HF_PATH_OP_AND:
        *out = a & b;
        return TRUE;
    case HF_PATH_OP_OR:
        *out = a | b;
        return TRUE;
    case HF_PATH_OP_XOR:
        *out = a ^ b;
        return TRUE;
    default:
        return FALSE;
    }
}

HfX hf_x_computed(HfXTable *t, HfX x, HfPathOp op, int64_t value)
{
    const HfXNode *n = hf_x(t, x);
    int64_t known;

    if (!x) {
        return 0;
    }
    if (n->kind == HF_X_CONST && fold(op, n->value, value, &known)) {
        return hf_x_const(t, known);
    }
    if (n->kind == HF_X_COMPUTED && n->ref == op &&
        (op == HF_PATH_OP_AND || op == HF_PATH_OP_OR ||
         op == HF_PATH_OP_ADD) && fold(op, n->value, value, &known)) {
        return hf_x_computed(t, n->parent, op, known);
    }
    if (n->kind == HF_X_COMPUTED && n->ref == HF_PATH_OP_OR &&
        op == HF_PATH_OP_AND && (n->value & value) == 0) {
        return hf_x_computed(t, n->parent, op, value); /* other bits */
    }
    return intern(t, (HfXNode){ .kind = HF_X_COMPUTED, .ref = op,
                                .parent = x, .value = value });
}

HfX hf_x_compare(HfXTable *t, HfXKind kind, HfX a, HfX b)
{
    if (!a || !b) {
        return 0;
    }
    if (kind == HF_X_EQ && a > b) {
        HfX swap = a;

        a = b;
        b = swap;
    }
    return intern(t, (HfXNode){ .kind = kind, .parent = a, .other = b });
}

HfX hf_x_rebuild(HfXTable *t, const HfXNode *n, HfX parent, HfX other)
{
    switch (n->kind) {
    case HF_X_DEREF:
        return hf_x_deref(t, parent);
    case HF_X_ADDR:
        return hf_x_addr(t, parent);
    case HF_X_FIELD:
        return hf_x_field(t, parent, n->ref);
    case HF_X_INDEX:
        return hf_x_index(t, parent, n->value);
    case HF_X_CONTAINER_OF:
        return hf_x_container(t, parent, n->ref);
    case HF_X_COMPUTED:
        return hf_x_computed(t, parent, n->ref, n->value);
    case HF_X_EQ:
    case HF_X_LT:
        return hf_x_compare(t, n->kind, parent, other);
    default:
        return 0;
    }
}

HfX hf_x_map(HfXTable *t, HfX x, HfXMap fn, gpointer data)
{
    HfXNode n = *hf_x(t, x); /* by value: the table may grow */
    HfX parent, other = 0;

    if (!x) {
        return 0;
    }
    if (!n.parent) {
        return fn(t, x, &n, data);
    }
    parent = hf_x_map(t, n.parent, fn, data);
    if (!parent) {
        return 0;
    }
    if (n.other) {
        other = hf_x_map(t, n.other, fn, data);
        if (!other) {
            return 0;
        }
    }
    if (parent == n.parent && other == n.other) {
        return x;
    }
    return hf_x_rebuild(t, &n, parent, other);
}

gboolean hf_x_mentions(const HfXTable *t, HfX x, HfX part)
{
    while (x) {
        const HfXNode *n = hf_x(t, x);

        if (x == part || (n->other && hf_x_mentions(t, n->other, part))) {
            return TRUE;
        }
        x = n->parent;
    }
    return FALSE;
}

HfX hf_x_whole(const HfXTable *t, HfX x)
{
    while (hf_x(t, x)->kind == HF_X_FIELD || hf_x(t, x)->kind == HF_X_INDEX) {
        x = hf_x(t, x)->parent;
    }
    return x;
}

HfX hf_x_pointer_to(const HfXTable *t, HfX x)
{
    const HfXNode *n = hf_x(t, hf_x_whole(t, x));

    return n->kind == HF_X_DEREF ? n->parent : 0;
}

HfX hf_x_root(const HfXTable *t, HfX x)
{
    while (hf_x(t, x)->parent) {
        x = hf_x(t, x)->parent;
    }
    return x;
}

/* ---- across a call ------------------------------------------------------ */

typedef struct {
    const HfX *args;
    guint n_args;
} Actuals;

static HfX leaf_to_caller(HfXTable *t, HfX leaf, const HfXNode *n,
                          gpointer data)
{
    const Actuals *a = data;

    switch (n->kind) {
    case HF_X_PARAM:
        return n->ref < a->n_args ? a->args[n->ref] : 0;
    case HF_X_GLOBAL:
    case HF_X_FUNCTION:
    case HF_X_CAP:
    case HF_X_NAMED:
    case HF_X_CONST:
    case HF_X_STRING:
        return leaf;
    default:
        return 0; /* the callee's own */
    }
}

HfX hf_x_to_caller(HfXTable *t, HfX x, const HfX *args, guint n_args)
{
    Actuals a = { args, n_args };

    return hf_x_map(t, x, leaf_to_caller, &a);
}

/* The argument that is x, or points to x. */
static HfX as_argument(HfXTable *t, HfX x, const HfX *args, guint n_args)
{
    for (guint i = 0; i < n_args; i++) {
        if (!args[i] || hf_x(t, args[i])->kind == HF_X_CONST) {
            continue;
        }
        if (args[i] == x) {
            return hf_x_leaf(t, HF_X_PARAM, i);
        }
        if (hf_x(t, args[i])->kind == HF_X_ADDR &&
            hf_x(t, args[i])->parent == x) {
            return hf_x_deref(t, hf_x_leaf(t, HF_X_PARAM, i));
        }
    }
    return 0;
}

/* An argument &x->f names x as container_of(arg, f). */
static HfX around_argument(HfXTable *t, HfX x, const HfX *args, guint n_args)
{
    for (guint i = 0; i < n_args; i++) {
        HfXNode a = *hf_x(t, args[i]);
        HfXNode f;

        if (!args[i] || a.kind != HF_X_ADDR) {
            continue;
        }
        f = *hf_x(t, a.parent);
        if (f.kind == HF_X_FIELD && f.parent == x) {
            HfX p = hf_x_leaf(t, HF_X_PARAM, i);

            return hf_x_deref(t, hf_x_container(t, p, f.ref));
        }
    }
    return 0;
}

/* Through what is passed as it is, only. */
static HfX through_argument(HfXTable *t, HfX x, const HfX *args, guint n_args)
{
    HfXNode n = *hf_x(t, x);
    HfX found = as_argument(t, x, args, n_args);

    if (found || !n.parent || n.other) {
        return found;
    }
    found = through_argument(t, n.parent, args, n_args);
    return found ? hf_x_rebuild(t, &n, found, 0) : 0;
}

/* Around one as well, or without any. */
static HfX otherwise(HfXTable *t, HfX x, const HfX *args, guint n_args)
{
    HfXNode n = *hf_x(t, x);
    HfX found = as_argument(t, x, args, n_args);
    HfX parent;

    if (!found) {
        found = around_argument(t, x, args, n_args);
    }
    if (found) {
        return found;
    }
    if (n.kind == HF_X_GLOBAL || n.kind == HF_X_FUNCTION) {
        return x;
    }
    if (!n.parent || n.other) {
        return 0;
    }
    parent = otherwise(t, n.parent, args, n_args);
    return parent ? hf_x_rebuild(t, &n, parent, 0) : 0;
}

HfX hf_x_to_callee(HfXTable *t, HfX x, const HfX *args, guint n_args)
{
    HfXKind kind = hf_x(t, x)->kind;
    HfX found;

    if (!x || kind == HF_X_CAP || kind == HF_X_NAMED || kind == HF_X_CONST) {
        return x;
    }
    found = through_argument(t, x, args, n_args);
    return found ? found : otherwise(t, x, args, n_args);
}

/* ---- text --------------------------------------------------------------- */

static const char *local_name(const HfProgram *p, HfSymId sym, guint i)
{
    const HfUnit *u;
    const HfFunction *fn = sym ? hf_program_body(p, sym, &u) : NULL;

    if (fn && i < fn->n_locals) {
        return hf_str(u->facts, u->facts->locals[fn->first_local + i].name);
    }
    return NULL;
}

static void leaf_text(const HfXTable *t, const HfProgram *p, HfSymId sym,
                      const HfXNode *n, GString *out)
{
    const char *name;

    switch (n->kind) {
    case HF_X_PARAM:
    case HF_X_LOCAL:
        name = local_name(p, sym, n->ref);
        if (name) {
            g_string_append(out, name);
        } else {
            g_string_append_printf(out, "arg%u", n->ref);
        }
        break;
    case HF_X_GLOBAL:
    case HF_X_FUNCTION:
        g_string_append(out, HF_PROGRAM_SYM(p, n->ref)->name);
        break;
    case HF_X_CAP:
        g_string_append(out, ((HfCapRule *)g_ptr_array_index(
                                  p->rules->caps, n->ref))->name);
        break;
    case HF_X_NAMED:
        g_string_append(out, g_ptr_array_index(t->names, n->ref));
        break;
    case HF_X_CONST:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, n->value);
        break;
    case HF_X_SELF:
        g_string_append(out, "this");
        break;
    case HF_X_TEMP:
        {
            const HfUnit *u;
            const HfFunction *fn = sym ? hf_program_body(p, sym, &u) : NULL;
            const HfEvent *e =
                fn ? &u->facts->events[fn->first_event + n->ref] : NULL;

            g_string_append_printf(
                out, "%s()", e && e->sym
                ? hf_str(u->facts, u->facts->symbols[e->sym].name) : "");
        }
        break;
    default:
        g_string_append(out, "?");
        break;
    }
}

static void computed_text(const HfXTable *t, const HfProgram *p, HfSymId sym,
                          const HfXNode *n, GString *out)
{
    static const char *const ops[] = {
        [HF_PATH_OP_ADD] = "+", [HF_PATH_OP_MUL] = "*",
        [HF_PATH_OP_DIV] = "/", [HF_PATH_OP_REM] = "%",
        [HF_PATH_OP_SHL] = "<<", [HF_PATH_OP_SHR] = ">>",
        [HF_PATH_OP_AND] = "&", [HF_PATH_OP_OR] = "|",
        [HF_PATH_OP_XOR] = "^",
    };

    g_string_append_c(out, '(');
    hf_x_text(t, p, sym, n->parent, out);
    g_string_append_printf(out, " %s %" G_GINT64_FORMAT ")",
                           n->ref < G_N_ELEMENTS(ops) ? ops[n->ref] : "?",
                           n->value);
}

void hf_x_text(const HfXTable *t, const HfProgram *p, HfSymId sym, HfX x,
               GString *out)
{
    const HfXNode *n = hf_x(t, x);

    switch (n->kind) {
    case HF_X_DEREF:
        g_string_append_c(out, '*');
        hf_x_text(t, p, sym, n->parent, out);
        break;
    case HF_X_ADDR:
        g_string_append_c(out, '&');
        hf_x_text(t, p, sym, n->parent, out);
        break;
    case HF_X_FIELD:
        if (hf_x(t, n->parent)->kind == HF_X_DEREF) {
            hf_x_text(t, p, sym, hf_x(t, n->parent)->parent, out);
            g_string_append(out, "->");
        } else {
            hf_x_text(t, p, sym, n->parent, out);
            g_string_append_c(out, '.');
        }
        g_string_append(out, HF_PROGRAM_FIELD(p, n->ref)->name);
        break;
    case HF_X_INDEX:
        hf_x_text(t, p, sym, n->parent, out);
        if (n->value >= 0) {
            g_string_append_printf(out, "[%" G_GINT64_FORMAT "]", n->value);
        } else {
            g_string_append(out, "[]");
        }
        break;
    case HF_X_CONTAINER_OF:
        g_string_append(out, "container_of(");
        hf_x_text(t, p, sym, n->parent, out);
        g_string_append_printf(out, ", %s)",
                               HF_PROGRAM_FIELD(p, n->ref)->name);
        break;
    case HF_X_OLD:
        hf_x_text(t, p, sym, n->ref, out);
        break;
    case HF_X_COMPUTED:
        computed_text(t, p, sym, n, out);
        break;
    default:
        leaf_text(t, p, sym, n, out);
        break;
    }
}

void hf_x_stable_text(const HfXTable *t, const HfProgram *p, HfX x,
                      GString *out)
{
    const HfXNode *n = hf_x(t, x);

    switch (n->kind) {
    case HF_X_FIELD:
        g_string_append_printf(
            out, "%s.%s", HF_PROGRAM_RECORD(
                p, HF_PROGRAM_FIELD(p, n->ref)->record)->name,
            HF_PROGRAM_FIELD(p, n->ref)->name);
        break;
    case HF_X_DEREF:
    case HF_X_ADDR:
    case HF_X_INDEX:
    case HF_X_CONTAINER_OF:
        hf_x_stable_text(t, p, n->parent, out);
        break;
    case HF_X_PARAM:
        g_string_append_printf(out, "arg%u", n->ref);
        break;
    case HF_X_LOCAL:
    case HF_X_TEMP:
    case HF_X_OLD:
    case HF_X_UNKNOWN:
        g_string_append(out, "local");
        break;
    default:
        leaf_text(t, p, 0, n, out);
        break;
    }
}
