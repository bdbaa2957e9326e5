/* SPDX-License-Identifier: MIT */
/*
 * check_paths.c - access paths: roots that exist, parents before children,
 * no deeper than promised, in normal form.
 */
#include "facts/check.h"

/* Root of an orphan local or temp: nobody may use the path. */
#define NOBODY UINT32_MAX

static gboolean check_root(HfCheck *c, const HfPath *p)
{
    const HfFacts *f = c->f;

    if (p->parent)
        return hf_check_fail(c, "parent %u where none belongs", p->parent);
    switch (p->kind) {
    case HF_PATH_LOCAL:
        return hf_check_index_set(c, "local", p->ref, f->n_locals);
    case HF_PATH_GLOBAL:
    case HF_PATH_FUNCTION:
        return hf_check_index_set(c, "symbol", p->ref, f->n_symbols);
    case HF_PATH_TEMP:
        return hf_check_index_set(c, "event", p->ref, f->n_events);
    case HF_PATH_STRING: return hf_check_str(c, "string", p->ref);
    default: /* CONST, UNKNOWN: any number */ return TRUE;
    }
}

static gboolean check_derived(HfCheck *c, const HfPath *p)
{
    const HfPath *parent;

    if (p->parent - 1 >= c->row - 1)
        return hf_check_fail(c, "parent %u is not an earlier path", p->parent);
    parent = &c->f->paths[p->parent];
    switch (p->kind) {
    case HF_PATH_DEREF:
    case HF_PATH_ADDR:
        if ((parent->kind == HF_PATH_DEREF || parent->kind == HF_PATH_ADDR) &&
            parent->kind != p->kind)
            return hf_check_fail(c, "DEREF and ADDR cancel out");
        if (parent->kind == HF_PATH_FUNCTION)
            return hf_check_fail(c, "DEREF or ADDR of a function");
        return TRUE;
    case HF_PATH_FIELD:
    case HF_PATH_CONTAINER_OF:
        return hf_check_index_set(c, "field", p->ref, c->f->n_fields);
    case HF_PATH_COMPUTED:
        if (p->ref == HF_PATH_OP_NONE || p->ref > HF_PATH_OP_XOR)
            return hf_check_fail(c, "unknown operator %u", p->ref);
        return TRUE;
    default: return TRUE;
    }
}

gboolean hf_check_paths(HfCheck *c)
{
    const HfFacts *f = c->f;
    g_autofree guint8 *depth = g_new0(guint8, f->n_paths);

    c->section = "paths";
    for (c->row = 1; c->row < f->n_paths; c->row++) {
        const HfPath *p = &f->paths[c->row];

        if (p->kind == HF_PATH_NONE || p->kind > HF_PATH_COMPUTED)
            return hf_check_fail(c, "unknown kind %u", p->kind);
        if (p->reserved)
            return hf_check_fail(c, "reserved member is not zero");
        if (!(p->kind < HF_PATH_DEREF ? check_root(c, p) : check_derived(c, p)))
            return FALSE;
        depth[c->row] = depth[p->parent] + 1;
        if (depth[c->row] > HF_PATH_MAX_DEPTH)
            return hf_check_fail(c, "more than %u deep", HF_PATH_MAX_DEPTH);
    }
    return TRUE;
}

void hf_check_own_paths(HfCheck *c)
{
    const HfFacts *f = c->f;

    for (uint32_t i = 1; i < f->n_paths; i++) {
        const HfPath *p = &f->paths[i];
        uint32_t owner = c->path_owner[p->parent];

        if (p->kind == HF_PATH_LOCAL)
            owner = c->local_owner[p->ref] ? c->local_owner[p->ref] : NOBODY;
        else if (p->kind == HF_PATH_TEMP)
            owner = c->event_owner[p->ref] ? c->event_owner[p->ref] : NOBODY;
        c->path_owner[i] = owner;
    }
}
