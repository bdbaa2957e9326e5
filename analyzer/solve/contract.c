/* SPDX-License-Identifier: MIT */
#include "solve/contract_priv.h"

#include <string.h>

/* ---- look-ups ----------------------------------------------------------- */

static char *member_key(HfRecId record, const char *name)
{
    return g_strdup_printf("%u#%s", record, name);
}

HfFieldId hf_contract_field(const HfContracts *c, HfRecId record,
                            const char *name)
{
    g_autofree char *key = member_key(record, name);

    return GPOINTER_TO_UINT(g_hash_table_lookup(c->members, key));
}

HfRecId hf_contract_record(const HfContracts *c, HfSymId sym, HfX x)
{
    for (;;) {
        const HfXNode *n = hf_x(c->t, x);
        const HfUnit *u;
        const HfFunction *fn;

        switch (n->kind) {
        case HF_X_GLOBAL:
            return HF_PROGRAM_SYM(c->p, n->ref)->type_record;
        case HF_X_FIELD:
            return HF_PROGRAM_FIELD(c->p, n->ref)->type_record;
        case HF_X_CONTAINER_OF:
            return HF_PROGRAM_FIELD(c->p, n->ref)->record;
        case HF_X_PARAM:
        case HF_X_LOCAL:
            fn = sym ? hf_program_body(c->p, sym, &u) : NULL;
            if (!fn || n->ref >= fn->n_locals) {
                return 0;
            }
            return u->records[u->facts->locals[fn->first_local + n->ref]
                                  .type_record];
        case HF_X_TEMP:
            fn = sym ? hf_program_body(c->p, sym, &u) : NULL;
            if (fn) {
                const HfEvent *e = &u->facts->events[fn->first_event + n->ref];

                return e->sym ? HF_PROGRAM_SYM(c->p, u->symbols[e->sym])
                                    ->type_record : 0;
            }
            return 0;
        case HF_X_DEREF:
        case HF_X_ADDR:
        case HF_X_INDEX:
            x = n->parent;
            continue;
        case HF_X_OLD:
            x = n->ref;
            continue;
        default:
            return 0;
        }
    }
}

int hf_contract_cap(const HfContracts *c, const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(c->cap_names, name)) - 1;
}

HfX hf_contract_canonical(const HfContracts *c, HfX lock)
{
    const HfXNode *n = hf_x(c->t, lock);
    int cap;

    if (n->kind != HF_X_GLOBAL) {
        return lock;
    }
    cap = GPOINTER_TO_INT(g_hash_table_lookup(
        c->spellings, HF_PROGRAM_SYM(c->p, n->ref)->name));
    return cap ? hf_x_leaf(c->t, HF_X_CAP, cap - 1) : lock;
}

HfX hf_contract_lock(const HfContracts *c, HfSymId sym, HfX lock)
{
    HfX outer = lock;

    while (hf_x(c->t, lock)->kind == HF_X_FIELD ||
           hf_x(c->t, lock)->kind == HF_X_INDEX) {
        const HfXNode *n = hf_x(c->t, lock);
        gboolean member =
            n->kind == HF_X_FIELD &&
            !g_hash_table_contains(c->inner, GUINT_TO_POINTER(n->ref));

        lock = n->parent;
        /* an element of an array of locks is no part of a lock */
        if (member && HF_PROGRAM_RECORD(c->p, hf_contract_record(c, sym, lock))
                          ->is_lock) {
            outer = lock;
        }
    }
    return outer ? hf_contract_canonical(c, outer) : 0;
}

const HfCapRule *hf_contract_cap_rule(const HfContracts *c, HfX lock)
{
    const HfXNode *n = hf_x(c->t, lock);

    return n->kind == HF_X_CAP ? g_ptr_array_index(c->p->rules->caps, n->ref)
                               : NULL;
}

gboolean hf_contract_is_recursive_in(const HfContracts *c, HfSymId sym,
                                     HfX lock)
{
    const HfXNode *n = hf_x(c->t, lock);
    const HfLockTypeRule *rule;

    if (n->kind == HF_X_CAP) {
        return hf_contract_cap_rule(c, lock)->recursive;
    }
    rule = HF_PROGRAM_RECORD(c->p, hf_contract_record(c, sym, lock))->lock_rule;
    while (n->kind == HF_X_INDEX) {
        n = hf_x(c->t, n->parent);
    }
    return (rule && rule->recursive) ||
           (n->kind == HF_X_FIELD &&
            hf_recursive_field(c->recursive, n->ref)) ||
           (n->kind == HF_X_GLOBAL &&
            hf_recursive_variable(c->recursive, n->ref));
}

gboolean hf_contract_is_recursive(const HfContracts *c, HfX lock)
{
    return hf_contract_is_recursive_in(c, 0, lock);
}

gboolean hf_contract_is_lock(const HfContracts *c, HfX x)
{
    const HfXNode *n = hf_x(c->t, x);

    switch (n->kind) {
    case HF_X_CAP:
    case HF_X_NAMED:
        return TRUE;
    case HF_X_FIELD:
        return HF_PROGRAM_FIELD(c->p, n->ref)->is_lock;
    case HF_X_GLOBAL:
        return HF_PROGRAM_SYM(c->p, n->ref)->is_lock;
    default:
        return FALSE;
    }
}

/* ---- clauses ------------------------------------------------------------ */

typedef struct {
    HfContracts *c;
    HfContract *contract;
    HfSymId sym;
    HfRecId record;
    const GArray *targets; /* of a slot: they name its parameters */
    const char *path;      /* of the file of the declaration */
    const char *params;    /* of the annotation that is looked at */
} Builder;

/* A function pointer's own parameter names are not in the facts; those of the
 * functions stored there stand for the same positions. */
static HfX parse_lock(const Builder *b, const char *text)
{
    HfExprScope in = { .params = b->params, .record = b->record,
                       .path = b->path };
    HfX x = 0;

    for (guint i = 0; !x && b->targets && i < b->targets->len; i++) {
        in.sym = g_array_index(b->targets, HfSymId, i);
        x = hf_contract_expr(b->c, &in, text, NULL);
    }
    in.sym = b->sym;
    return x ? x : hf_contract_expr(b->c, &in, text, NULL);
}

/* Which parameter a pair's annotation names; HF_ARG_BY_NAME when none is. */
static int named_parameter(const Builder *b, const HfEffect *e)
{
    HfX x = e->arg == HF_ARG_BY_NAME && e->other ? parse_lock(b, e->other) : 0;
    const HfXNode *n = hf_x(b->c->t, hf_x_root(b->c->t, x));

    if (x && n->kind == HF_X_RETURN) {
        return -1;
    }
    return x && n->kind == HF_X_PARAM ? (int)n->ref : e->arg;
}

static gboolean same_meaning(const HfClause *a, const HfClause *b)
{
    return a->kind == b->kind && a->when == b->when && a->arg == b->arg &&
           a->n_locks == b->n_locks &&
           memcmp(a->locks, b->locks, a->n_locks * sizeof(a->locks[0])) ==
               0 &&
           (a->n_locks || g_strcmp0(a->text, b->text) == 0);
}

/* Declaration and definition may both say it: that is one contract.  What
 * callers see counts. */
static gboolean is_said_already(const HfContract *k, const HfClause *cl)
{
    for (guint i = 0; cl->annot && i < k->clauses->len; i++) {
        HfClause *have = &g_array_index(k->clauses, HfClause, i);

        if (!have->annot || !same_meaning(have, cl) ||
            (have->annot->flags | cl->annot->flags) & HF_ANNOT_IN_BODY) {
            continue;
        }
        if (have->annot->flags & HF_ANNOT_ON_DEFINITION) {
            *have = *cl;
        }
        return TRUE;
    }
    return FALSE;
}

static void add_clause(Builder *b, const HfEffect *e, const HfProgAnnot *annot,
                       const char *text)
{
    HfClause cl = {
        .kind = e->kind, .when = e->when, .arg = named_parameter(b, e),
        .effect = e, .annot = annot, .text = e->cap,
    };

    if (text) {
        g_auto(GStrv) parts = g_strsplit(text, "|", -1);

        for (guint i = 0; parts[i] && cl.n_locks < 4; i++) {
            HfX x = parse_lock(b, parts[i]);

            if (x) {
                cl.locks[cl.n_locks++] = hf_contract_lock(b->c, b->sym, x);
            }
        }
    }
    if (!b->contract) {
        b->contract = g_new0(HfContract, 1);
        b->contract->clauses = g_array_new(FALSE, TRUE, sizeof(HfClause));
    }
    if (is_said_already(b->contract, &cl)) {
        return;
    }
    g_array_append_val(b->contract->clauses, cl);
    b->contract->kinds |= 1ull << e->kind;
}

static void take_effect(const HfEffect *e, const HfProgAnnot *annot,
                        gpointer data)
{
    Builder *b = data;
    g_auto(GStrv) parts = NULL;

    b->params = annot ? annot->params : NULL;
    /* REQUIRES(a, b) is one annotation and two clauses */
    if (e->cap && annot && strchr(e->cap, ',')) {
        parts = g_strsplit(e->cap, ",", -1);
        for (guint i = 0; parts[i]; i++) {
            add_clause(b, e, annot, g_strstrip(parts[i]));
        }
    } else {
        add_clause(b, e, annot, e->cap);
    }
}

/* The absolute path of the file of a declaration. */
static const char *path_of(const HfProgram *p, uint32_t unit, HfId loc)
{
    const HfFacts *f = HF_PROGRAM_UNIT(p, unit)->facts;

    return hf_str(f, f->files[f->locs[loc].file].path);
}

static void index_variable(HfContracts *c, HfSymId var)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->p, var);

    /* what is static in a function has no name outside of it */
    if (s->kind != HF_SYM_VARIABLE || strstr(s->key, "@F@")) {
        return;
    }
    g_hash_table_insert(c->variables, (gpointer)s->name,
                        GUINT_TO_POINTER(var));
    if (s->linkage == HF_LINKAGE_INTERNAL && s->decl_unit) {
        g_hash_table_insert(
            c->statics,
            g_strconcat(s->name, "@",
                        path_of(c->p, s->decl_unit, s->decl_loc), NULL),
            GUINT_TO_POINTER(var));
    }
}

static void index_names(HfContracts *c)
{
    const HfProgram *p = c->p;

    for (guint i = 0; i < p->rules->caps->len; i++) {
        HfCapRule *cap = g_ptr_array_index(p->rules->caps, i);

        g_hash_table_insert(c->cap_names, cap->name, GINT_TO_POINTER(i + 1));
        for (guint k = 0; cap->spellings && k < cap->spellings->len; k++) {
            const char *s = g_ptr_array_index(cap->spellings, k);

            g_hash_table_insert(c->spellings, (gpointer)(s + (*s == '&')),
                                GINT_TO_POINTER(i + 1));
        }
    }
    for (guint i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        g_hash_table_insert(c->members, member_key(f->record, f->name),
                            GUINT_TO_POINTER(i));
    }
    for (guint i = p->symbols->len - 1; i >= 1; i--) {
        index_variable(c, i);
    }
}

/* A lock that guards fields of the lock it is in is one of its own: a
 * coroutine mutex with a spin lock for its state, unlike a wrapper. */
static void note_inner_locks(HfContracts *c, HfFieldId field)
{
    const HfContract *contract = c->fields[field];

    if (!HF_PROGRAM_RECORD(c->p, HF_PROGRAM_FIELD(c->p, field)->record)
             ->is_lock || !HF_CONTRACT_HAS(contract, HF_EFF_GUARDED_BY)) {
        return;
    }
    for (guint i = 0; i < contract->clauses->len; i++) {
        const HfClause *cl = &g_array_index(contract->clauses, HfClause, i);

        for (guint l = 0; l < cl->n_locks; l++) {
            const HfXNode *n = hf_x(c->t, cl->locks[l]);

            if (cl->kind == HF_EFF_GUARDED_BY && n->kind == HF_X_FIELD &&
                hf_x(c->t, n->parent)->kind == HF_X_SELF) {
                g_hash_table_add(c->inner, GUINT_TO_POINTER(n->ref));
            }
        }
    }
}

static gboolean is_known(const char *name, gconstpointer data)
{
    const HfContracts *c = data;

    return g_hash_table_contains(c->cap_names, name) ||
           g_hash_table_contains(c->spellings, name) ||
           g_hash_table_contains(c->variables, name) ||
           (g_str_has_prefix(name, "arg") && g_ascii_isdigit(name[3])) ||
           strcmp(name, "this") == 0 || strcmp(name, "ret") == 0;
}

HfX hf_contract_lock_named(HfContracts *c, const char *name)
{
    HfX x = hf_contract_name(c, name);

    return x ? hf_contract_canonical(c, x) : 0;
}

HfX hf_contract_parse(HfContracts *c, HfSymId sym, HfRecId record,
                      const char *path, const char *text)
{
    HfExprScope in = { .sym = sym, .record = record, .path = path };
    const char *end;
    HfX x = hf_contract_expr(c, &in, text, &end);

    return x && !*end ? hf_contract_lock(c, sym, x) : 0;
}

gboolean hf_contract_is_token(const HfContracts *c, HfX lock)
{
    const HfXNode *n = hf_x(c->t, lock);

    switch (n->kind) {
    case HF_X_CAP:
        return hf_contract_cap_rule(c, lock)->kind == HF_CAP_TOKEN;
    case HF_X_GLOBAL:
        return HF_CONTRACT_HAS(c->symbols[n->ref], HF_EFF_TOKEN);
    case HF_X_NAMED:
        return hf_named_is_token(c->named, hf_x_name(c->t, lock));
    default:
        return FALSE;
    }
}

HfContracts *hf_contracts_new(const HfProgram *p, HfXTable *t)
{
    HfContracts *c = g_new0(HfContracts, 1);

    c->p = p;
    c->t = t;
    c->variables = g_hash_table_new(g_str_hash, g_str_equal);
    c->statics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c->inner = g_hash_table_new(NULL, NULL);
    c->spellings = g_hash_table_new(g_str_hash, g_str_equal);
    c->cap_names = g_hash_table_new(g_str_hash, g_str_equal);
    c->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c->symbols = g_new0(HfContract *, p->symbols->len);
    c->fields = g_new0(HfContract *, p->fields->len);
    index_names(c);
    c->named = hf_named_new(p, is_known, c);
    /* fields first: they say which locks within locks count by themselves */
    for (guint i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        Builder b = { .c = c, .record = f->record, .targets = f->targets,
                      .path = f->unit ? path_of(p, f->unit, f->loc) : NULL };

        hf_program_field_effects(p, i, take_effect, &b);
        c->fields[i] = b.contract;
        note_inner_locks(c, i);
    }
    for (guint i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);
        Builder b = { .c = c, .sym = i,
                      .path = s->decl_unit
                                  ? path_of(p, s->decl_unit, s->decl_loc)
                                  : NULL };

        hf_program_symbol_effects(p, i, take_effect, &b);
        c->symbols[i] = b.contract;
    }
    c->recursive = hf_recursive_new(p, c);
    return c;
}

static void contract_free(HfContract *c)
{
    if (c) {
        g_array_unref(c->clauses);
        g_free(c);
    }
}

void hf_contracts_free(HfContracts *c)
{
    if (!c) {
        return;
    }
    for (guint i = 0; i < c->p->symbols->len; i++) {
        contract_free(c->symbols[i]);
    }
    for (guint i = 0; i < c->p->fields->len; i++) {
        contract_free(c->fields[i]);
    }
    hf_recursive_free(c->recursive);
    g_free(c->symbols);
    g_free(c->fields);
    g_hash_table_unref(c->variables);
    g_hash_table_unref(c->statics);
    g_hash_table_unref(c->inner);
    g_hash_table_unref(c->spellings);
    g_hash_table_unref(c->cap_names);
    g_hash_table_unref(c->members);
    hf_named_free(c->named);
    g_free(c);
}

gboolean hf_contract_is_mark(const HfContracts *c, HfSymId sym)
{
    return g_str_has_prefix(HF_PROGRAM_SYM(c->p, sym)->name, "hf_mark_") &&
           c->symbols[sym] != NULL;
}

const HfContract *hf_contract_of(const HfContracts *c, HfSymId sym)
{
    return c->symbols[sym];
}

const HfContract *hf_contract_of_field(const HfContracts *c, HfFieldId field)
{
    return c->fields[field];
}
