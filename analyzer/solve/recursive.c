/* SPDX-License-Identifier: MIT */
/*
 * Locks that an attribute object makes recursive.  What the attribute says is
 * known at run time only; a lock initialised with one counts as recursive
 * unless the rules tell which call makes it so (option "recursive_attribute"
 * of the checker LOCK, "FUNCTION=VALUE") and the initialising function makes
 * no such call.  A variable is recursive, too, when its definition names what
 * the option "recursive_initializer" does; what variables are initialised
 * with is not among the facts, so that the source is asked.
 */
#include "solve/recursive.h"

#include <stdlib.h>
#include <string.h>

struct HfRecursive {
    const HfProgram *p;
    const HfContracts *contracts;
    GHashTable *fields;    /* HfFieldId */
    GHashTable *variables; /* HfSymId */
    guint32 *params;       /* by HfSymId: bit per parameter it initialises so */
    GHashTable *asked;     /* HfSymId -> 1 + whether its definition says so */
    const char *initializer; /* NULL: none makes it so */
    char *setter;          /* NULL: any attribute may */
    int64_t value;
};

typedef struct {
    HfRecursive *r;
    HfSymId sym;
    const HfUnit *unit;
    const HfFunction *fn;
} Scan;

static gboolean sets_recursive(const Scan *s)
{
    const HfFacts *f = s->unit->facts;

    if (!s->r->setter) {
        return TRUE;
    }
    for (uint32_t i = 0; i < s->fn->n_events; i++) {
        const HfEvent *e = &f->events[s->fn->first_event + i];
        const HfPath *v;

        if (e->kind != HF_EV_CALL || e->n_args < 2 ||
            strcmp(hf_str(f, f->symbols[e->sym].name), s->r->setter) != 0) {
            continue;
        }
        v = &f->paths[f->args[e->first_arg + 1]];
        if (v->kind != HF_PATH_CONST || v->value == s->r->value) {
            return TRUE;
        }
    }
    return FALSE;
}

/* path points to a lock that is made recursive here. */
static void found(const Scan *s, HfId path)
{
    const HfFacts *f = s->unit->facts;
    const HfPath *p = &f->paths[path];

    if (p->kind == HF_PATH_ADDR) {
        p = &f->paths[p->parent];
        while (p->kind == HF_PATH_INDEX) {
            p = &f->paths[p->parent];
        }
        if (p->kind == HF_PATH_FIELD) {
            g_hash_table_add(s->r->fields,
                             GUINT_TO_POINTER(s->unit->fields[p->ref]));
        } else if (p->kind == HF_PATH_GLOBAL) {
            g_hash_table_add(s->r->variables,
                             GUINT_TO_POINTER(s->unit->symbols[p->ref]));
        }
    } else if (p->kind == HF_PATH_LOCAL) {
        uint32_t i = p->ref - s->fn->first_local;

        if (i < s->fn->n_params && i < 32) {
            s->r->params[s->sym] |= 1u << i;
        }
    }
}

static void init_call(const Scan *s, const HfEvent *e, HfSymId callee)
{
    const HfFacts *f = s->unit->facts;
    const HfContract *k = hf_contract_of(s->r->contracts, callee);
    gboolean init = HF_CONTRACT_HAS(k, HF_EFF_INIT);

    for (uint32_t i = 0; i < e->n_args && i < 32; i++) {
        if (s->r->params[callee] >> i & 1) {
            found(s, f->args[e->first_arg + i]);
        }
    }
    for (uint32_t i = 1; init && i < e->n_args; i++) {
        const HfPath *p = &f->paths[f->args[e->first_arg + i]];

        if (p->kind != HF_PATH_CONST && p->kind != HF_PATH_STRING &&
            sets_recursive(s)) {
            found(s, f->args[e->first_arg]);
            return;
        }
    }
}

static void scan(HfRecursive *r, HfSymId sym)
{
    Scan s = { .r = r, .sym = sym };

    s.fn = hf_program_body(r->p, sym, &s.unit);
    for (uint32_t i = 0; i < s.fn->n_events; i++) {
        const HfEvent *e =
            &s.unit->facts->events[s.fn->first_event + i];

        if (e->kind == HF_EV_CALL && e->n_args) {
            init_call(&s, e, s.unit->symbols[e->sym]);
        }
    }
}

static void read_option(HfRecursive *r)
{
    const HfCheckerRule *rule = hf_rules_checker(r->p->rules, "LOCK");
    const char *text = rule && rule->options
        ? g_hash_table_lookup(rule->options, "recursive_attribute") : NULL;
    const char *eq = text ? strchr(text, '=') : NULL;

    r->initializer = rule && rule->options
        ? g_hash_table_lookup(rule->options, "recursive_initializer") : NULL;

    if (eq) {
        r->setter = g_strndup(text, eq - text);
        r->value = g_ascii_strtoll(eq + 1, NULL, 0);
    }
}

HfRecursive *hf_recursive_new(const HfProgram *p, const HfContracts *c)
{
    HfRecursive *r = g_new0(HfRecursive, 1);

    r->p = p;
    r->contracts = c;
    r->fields = g_hash_table_new(NULL, NULL);
    r->variables = g_hash_table_new(NULL, NULL);
    r->asked = g_hash_table_new(NULL, NULL);
    r->params = g_new0(guint32, p->symbols->len);
    read_option(r);
    for (guint i = 0; i < p->functions->len; i++) {
        scan(r, g_array_index(p->functions, HfSymId, i));
    }
    return r;
}

void hf_recursive_free(HfRecursive *r)
{
    if (r) {
        g_hash_table_unref(r->fields);
        g_hash_table_unref(r->variables);
        g_hash_table_unref(r->asked);
        g_free(r->params);
        g_free(r->setter);
        g_free(r);
    }
}

gboolean hf_recursive_field(const HfRecursive *r, HfFieldId field)
{
    return g_hash_table_contains(r->fields, GUINT_TO_POINTER(field));
}

/* ---- what the definition says ------------------------------------------- */

static const char *line_of(const char *text, uint32_t line)
{
    while (text && line-- > 1) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text;
}

/* From the name to the end of its definition. */
static gboolean is_initialized_so(const HfRecursive *r, HfSymId var)
{
    const HfProgSymbol *v = HF_PROGRAM_SYM(r->p, var);
    const HfFacts *f = v->decl_unit
                           ? HF_PROGRAM_UNIT(r->p, v->decl_unit)->facts : NULL;
    const HfLoc *loc = f && v->decl_loc ? &f->locs[v->decl_loc] : NULL;
    g_autofree char *text = NULL, *path = NULL;
    const char *start, *found, *end;
    const char *file;

    if (!loc) {
        return FALSE;
    }
    file = hf_str(f, f->files[loc->file].path);
    path = g_canonicalize_filename(file, r->p->root);
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return FALSE;
    }
    start = line_of(text, loc->line);
    for (uint32_t i = 1; start && i < loc->col && *start; i++) {
        start++;
    }
    found = start ? strstr(start, r->initializer) : NULL;
    end = start ? strchr(start, ';') : NULL;
    return found && end && found < end;
}

gboolean hf_recursive_variable(const HfRecursive *r, HfSymId var)
{
    gpointer key = GUINT_TO_POINTER(var);
    int known;

    if (g_hash_table_contains(r->variables, key)) {
        return TRUE;
    }
    if (!r->initializer || !HF_PROGRAM_SYM(r->p, var)->is_lock) {
        return FALSE;
    }
    known = GPOINTER_TO_INT(g_hash_table_lookup(r->asked, key));
    if (!known) {
        known = 1 + (is_initialized_so(r, var) ? 1 : 0);
        g_hash_table_insert(r->asked, key, GINT_TO_POINTER(known));
    }
    return known > 1;
}
