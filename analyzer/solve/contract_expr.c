/* SPDX-License-Identifier: MIT */
/*
 * contract_expr.c - expressions that name locks in annotations and rules:
 * parameters, members, variables, capabilities, with `->`, `.`, `&`, `*` and
 * `[]`; "this" is the object that a member belongs to, "ret" what a function
 * returns, "argN" a parameter by its position.
 */
#include "solve/contract_priv.h"

#include <string.h>

typedef struct {
    HfContracts *c;
    const HfExprScope *in;
    const char *s;
} Parser;

static HfX parse_unary(Parser *ps);

static void skip_space(Parser *ps)
{
    while (g_ascii_isspace(*ps->s)) {
        ps->s++;
    }
}

static char *identifier(Parser *ps)
{
    const char *start = ps->s;

    while (g_ascii_isalnum(*ps->s) || *ps->s == '_') {
        ps->s++;
    }
    return g_strndup(start, ps->s - start);
}

/* As the declaration calls it that the expression stands at. */
static HfX parameter_declared(const Parser *ps, const char *name)
{
    g_auto(GStrv) params = g_strsplit(ps->in->params, ",", -1);

    for (guint i = 0; params[i]; i++) {
        if (*name && strcmp(params[i], name) == 0) {
            return hf_x_leaf(ps->c->t, HF_X_PARAM, i);
        }
    }
    return 0;
}

static HfX parameter_named(const Parser *ps, const char *name)
{
    const HfUnit *u;
    const HfFunction *fn =
        ps->in->sym ? hf_program_body(ps->c->p, ps->in->sym, &u) : NULL;

    if (ps->in->params && *ps->in->params) {
        return parameter_declared(ps, name);
    }

    for (uint32_t i = 0; fn && i < fn->n_params; i++) {
        if (strcmp(hf_str(u->facts,
                          u->facts->locals[fn->first_local + i].name),
                   name) == 0) {
            return hf_x_leaf(ps->c->t, HF_X_PARAM, i);
        }
    }
    return 0;
}

/* Files may each have a variable of their own of that name. */
static HfSymId variable_named(const Parser *ps, const char *name)
{
    HfSymId var = 0;

    if (ps->in->path) {
        g_autofree char *key = g_strconcat(name, "@", ps->in->path, NULL);

        var = GPOINTER_TO_UINT(g_hash_table_lookup(ps->c->statics, key));
    }
    return var ? var : GPOINTER_TO_UINT(
                           g_hash_table_lookup(ps->c->variables, name));
}

static HfX resolve_name(Parser *ps, const char *name)
{
    HfContracts *c = ps->c;
    HfSymId var;
    HfFieldId member;
    HfX x;
    int cap;

    if (strcmp(name, "this") == 0) {
        return hf_x_leaf(c->t, HF_X_SELF, 0);
    }
    if (strcmp(name, "ret") == 0) {
        return hf_x_leaf(c->t, HF_X_RETURN, 0);
    }
    if (g_str_has_prefix(name, "arg") && g_ascii_isdigit(name[3])) {
        return hf_x_leaf(c->t, HF_X_PARAM, atoi(name + 3));
    }
    x = parameter_named(ps, name);
    if (x) {
        return x;
    }
    if (ps->in->record) {
        member = hf_contract_field(c, ps->in->record, name);
        if (member) {
            return hf_x_field(c->t, hf_x_leaf(c->t, HF_X_SELF, 0), member);
        }
    }
    cap = hf_contract_cap(c, name);
    if (cap < 0) {
        cap = GPOINTER_TO_INT(g_hash_table_lookup(c->spellings, name)) - 1;
    }
    if (cap >= 0) {
        return hf_x_leaf(c->t, HF_X_CAP, cap);
    }
    var = variable_named(ps, name);
    return var ? hf_x_leaf(c->t, HF_X_GLOBAL, var)
               : hf_named_find(c->named, c->t, name);
}

static HfX parse_primary(Parser *ps)
{
    g_autofree char *name = NULL;
    HfX x;

    skip_space(ps);
    if (*ps->s == '(') {
        ps->s++;
        x = parse_unary(ps);
        skip_space(ps);
        if (*ps->s == ')') {
            ps->s++;
        }
        return x;
    }
    name = identifier(ps);
    return *name ? resolve_name(ps, name) : 0;
}

static HfX member_of(Parser *ps, HfX base, const char *name)
{
    HfContracts *c = ps->c;
    HfRecId record = hf_x(c->t, base)->kind == HF_X_DEREF &&
                     hf_x(c->t, hf_x(c->t, base)->parent)->kind == HF_X_SELF
                         ? ps->in->record
                         : hf_contract_record(c, ps->in->sym, base);
    HfFieldId member = record ? hf_contract_field(c, record, name) : 0;

    if (hf_x(c->t, base)->kind == HF_X_SELF) {
        member = hf_contract_field(c, ps->in->record, name);
    }
    return member ? hf_x_field(c->t, base, member) : 0;
}

static HfX parse_postfix(Parser *ps)
{
    HfX x = parse_primary(ps);

    for (;;) {
        g_autofree char *name = NULL;

        skip_space(ps);
        if (ps->s[0] == '-' && ps->s[1] == '>') {
            ps->s += 2;
            skip_space(ps);
            name = identifier(ps);
            x = member_of(ps, hf_x_deref(ps->c->t, x), name);
        } else if (ps->s[0] == '.') {
            ps->s++;
            name = identifier(ps);
            x = member_of(ps, x, name);
        } else if (ps->s[0] == '[') {
            while (*ps->s && *ps->s != ']') {
                ps->s++;
            }
            ps->s += *ps->s == ']';
            x = hf_x_index(ps->c->t, x, -1);
        } else {
            return x;
        }
    }
}

static HfX parse_unary(Parser *ps)
{
    skip_space(ps);
    if (*ps->s == '&') {
        ps->s++;
        return hf_x_addr(ps->c->t, parse_unary(ps));
    }
    if (*ps->s == '*') {
        ps->s++;
        return hf_x_deref(ps->c->t, parse_unary(ps));
    }
    return parse_postfix(ps);
}

/* `&s->lock`, `s->lock` and a pointer to the lock all mean the lock. */
static HfX lock_object(HfContracts *c, HfX x)
{
    const HfXNode *n = hf_x(c->t, x);

    if (!x) {
        return 0;
    }
    if (n->kind == HF_X_ADDR) {
        return n->parent;
    }
    if (n->kind == HF_X_PARAM || n->kind == HF_X_RETURN ||
        (n->kind == HF_X_FIELD &&
         HF_PROGRAM_FIELD(c->p, n->ref)->type_flags & HF_TYPE_POINTER) ||
        (n->kind == HF_X_GLOBAL &&
         HF_PROGRAM_SYM(c->p, n->ref)->type_flags & HF_TYPE_POINTER)) {
        return hf_x_deref(c->t, x);
    }
    return x;
}

HfX hf_contract_expr(HfContracts *c, const HfExprScope *scope,
                     const char *text, const char **end)
{
    Parser ps = { .c = c, .in = scope, .s = text };
    HfX x = lock_object(c, parse_unary(&ps));

    skip_space(&ps);
    if (end) {
        *end = ps.s;
    }
    return x;
}

HfX hf_contract_name(HfContracts *c, const char *name)
{
    HfExprScope nowhere = { 0 };
    Parser ps = { .c = c, .in = &nowhere };

    return resolve_name(&ps, name);
}
