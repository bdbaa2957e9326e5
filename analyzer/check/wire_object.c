/* SPDX-License-Identifier: MIT */
/*
 * wire_object.c - which object a pointer leads to, and whether all of its
 * memory was written.
 */
#include "check/wire.h"

#include <string.h>

#define MAX_STEPS 8
#define MAX_DEPTH 4

/* ---- layouts ------------------------------------------------------------ */

/* The same record has the same layout everywhere; the first unit that asks
 * for its size tells. */
static void add_layouts(HfWire *w, const HfUnit *u)
{
    for (uint32_t i = 1; i < u->facts->n_records; i++) {
        const HfRecord *r = &u->facts->records[i];
        gpointer key = GUINT_TO_POINTER(u->records[i]);
        HfWireLayout *layout;

        if (!r->size || g_hash_table_contains(w->layouts, key)) {
            continue;
        }
        layout = g_new(HfWireLayout, 1);
        layout->f = u->facts;
        layout->record = r;
        g_hash_table_insert(w->layouts, key, layout);
    }
}

const HfWireLayout *hf_wire_layout(HfWire *w, HfRecId record)
{
    return g_hash_table_lookup(w->layouts, GUINT_TO_POINTER(record));
}

void hf_wire_init(HfWire *w, const HfCheck *c)
{
    w->c = c;
    w->sinks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    w->layouts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    w->fills = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                     NULL);
    for (guint i = 1; i < c->program->units->len; i++) {
        const HfUnit *u = HF_PROGRAM_UNIT(c->program, i);

        if (u->facts) {
            add_layouts(w, u);
        }
    }
}

void hf_wire_clear(HfWire *w)
{
    g_hash_table_unref(w->sinks);
    g_hash_table_unref(w->layouts);
    g_hash_table_unref(w->fills);
}

/* ---- who fills it ------------------------------------------------------- */

static gboolean fills_param(HfWire *w, HfSymId sym, guint param, guint depth);

static gboolean by_contract(const HfWire *w, HfSymId sym, guint arg)
{
    const HfContract *k = hf_contract_of(w->c->solved->contracts, sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_FILL && cl->arg == (int)arg) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A callee that is not seen may well fill what it may change. */
static gboolean unseen_fills(const HfWire *w, HfSymId sym, guint arg)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(w->c->program, sym);

    return !s->rule && !(s->flags & HF_SYM_VARIADIC && arg >= s->n_params) &&
           !(s->type && arg < 8 && strstr(s->type, "const "));
}

/* Is the pointer p, or the object o, what is passed? */
static gboolean is_passed(const HfFacts *f, HfId arg, HfId local)
{
    const HfPath *p = &f->paths[arg];

    if (p->kind == HF_PATH_ADDR) {
        p = &f->paths[p->parent];
        while (p->kind == HF_PATH_INDEX) {
            p = &f->paths[p->parent];
        }
    }
    return p->kind == HF_PATH_LOCAL && p->ref == local;
}

/* Something in flow writes the whole of what local is or points to. */
static gboolean is_filled(HfWire *w, const HfFlow *flow, HfId local,
                          guint depth)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        const HfPath *p = &f->paths[e->path];

        if (e->kind == HF_EV_WRITE &&
            ((p->kind == HF_PATH_LOCAL && p->ref == local &&
              f->locals[local].type_flags & HF_TYPE_RECORD) ||
             (p->kind == HF_PATH_DEREF &&
              f->paths[p->parent].kind == HF_PATH_LOCAL &&
              f->paths[p->parent].ref == local))) {
            return TRUE; /* x = y */
        }
        for (guint a = 0; a < e->n_args; a++) {
            HfSymId sym = e->kind == HF_EV_CALL
                              ? flow->unit->symbols[e->sym] : 0;

            if (is_passed(f, f->args[e->first_arg + a], local) &&
                (!sym || fills_param(w, sym, a, depth + 1))) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean fills_param(HfWire *w, HfSymId sym, guint param, guint depth)
{
    const HfFlow *flow = w->c->solved->flows[sym];
    gint64 key = (gint64)sym << 8 | MIN(param, 255u);
    gpointer known;
    gboolean fills;

    if (by_contract(w, sym, param)) {
        return TRUE;
    }
    if (hf_wire_sink(w, sym)) {
        return FALSE;
    }
    if (!flow) {
        return unseen_fills(w, sym, param);
    }
    if (param >= flow->fn->n_params || depth > MAX_DEPTH) {
        return depth > MAX_DEPTH;
    }
    if (g_hash_table_lookup_extended(w->fills, &key, NULL, &known)) {
        return GPOINTER_TO_INT(known);
    }
    g_hash_table_insert(w->fills, g_memdup2(&key, sizeof(key)),
                        GINT_TO_POINTER(FALSE)); /* recursion */
    fills = is_filled(w, flow, flow->fn->first_local + param, depth);
    g_hash_table_insert(w->fills, g_memdup2(&key, sizeof(key)),
                        GINT_TO_POINTER(fills));
    return fills;
}

/* ---- objects ------------------------------------------------------------ */

static HfId only_pointer(const HfFlow *flow, HfId local)
{
    const HfFacts *f = flow->unit->facts;
    HfId value = 0;

    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind != HF_EV_WRITE || e->value == value ||
            f->paths[e->path].kind != HF_PATH_LOCAL ||
            f->paths[e->path].ref != local ||
            f->paths[e->value].kind == HF_PATH_CONST) {
            continue;
        }
        if (value) {
            return 0;
        }
        value = e->value;
    }
    return value;
}

/* Memory fresh from an allocator: RAW, or FILLED with zeros. */
static HfWireOrigin allocated(const HfWire *w, const HfFlow *flow, HfId value)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *p = &f->paths[value];
    const HfEvent *e;
    const HfContract *k;
    HfSymId sym;

    if (p->kind != HF_PATH_TEMP) {
        return HF_WIRE_UNSEEN;
    }
    e = &f->events[p->ref];
    if (e->kind != HF_EV_CALL) {
        return HF_WIRE_UNSEEN;
    }
    sym = flow->unit->symbols[e->sym];
    k = hf_contract_of(w->c->solved->contracts, sym);
    if (!HF_CONTRACT_HAS(k, HF_EFF_ALLOC)) {
        return HF_WIRE_UNSEEN;
    }
    return HF_CONTRACT_HAS(k, HF_EFF_FILL) ? HF_WIRE_FILLED : HF_WIRE_RAW;
}

/* An object itself: a local, a member, an element, a global. */
static gboolean of_object(HfWire *w, const HfFlow *flow, HfId path,
                          HfWireObject *out)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *p = &f->paths[path];

    while (p->kind == HF_PATH_INDEX) {
        path = p->parent;
        p = &f->paths[path];
    }
    out->origin = HF_WIRE_UNSEEN;
    if (p->kind == HF_PATH_FIELD) {
        if (f->fields[p->ref].type_flags &
            (HF_TYPE_POINTER | HF_TYPE_INTEGRAL)) {
            return FALSE;
        }
        out->record = flow->unit->fields[p->ref]
                          ? flow->unit->records[f->fields[p->ref].type_record]
                          : 0;
    } else if (p->kind == HF_PATH_LOCAL) {
        const HfLocal *l = &f->locals[p->ref];

        if (l->type_flags & (HF_TYPE_POINTER | HF_TYPE_INTEGRAL)) {
            return FALSE;
        }
        out->record = flow->unit->records[l->type_record];
        out->local = p->ref;
        out->origin = l->flags & HF_LOCAL_BRACES ||
                              is_filled(w, flow, p->ref, 0)
                          ? HF_WIRE_FILLED : HF_WIRE_RAW;
    } else if (p->kind == HF_PATH_GLOBAL) {
        const HfSymbol *s = &f->symbols[p->ref];

        if (s->type_flags & (HF_TYPE_POINTER | HF_TYPE_INTEGRAL)) {
            return FALSE;
        }
        out->record = flow->unit->records[s->type_record];
        out->origin = HF_WIRE_FILLED;
    } else {
        return FALSE;
    }
    return out->record != 0;
}

/* What a local points to. */
static gboolean of_local(HfWire *w, const HfFlow *flow, HfId local,
                         HfWireObject *out)
{
    const HfFacts *f = flow->unit->facts;
    const HfLocal *l = &f->locals[local];

    out->record = flow->unit->records[l->type_record];
    if (l->flags & HF_LOCAL_PARAM) {
        out->origin = HF_WIRE_PARAM;
        out->param = local - flow->fn->first_local;
        if (is_filled(w, flow, local, 0)) {
            out->origin = HF_WIRE_FILLED;
        }
        return out->record != 0;
    }
    out->local = local;
    out->origin = HF_WIRE_UNSEEN;
    return TRUE;
}

gboolean hf_wire_object(HfWire *w, const HfFlow *flow, HfId pointer,
                        HfWireObject *out)
{
    const HfFacts *f = flow->unit->facts;
    HfRecId record = 0;

    memset(out, 0, sizeof(*out));
    for (int i = 0; pointer && i < MAX_STEPS; i++) {
        const HfPath *p = &f->paths[pointer];
        HfWireObject here = { 0 };

        if (p->kind == HF_PATH_ADDR) {
            /* &p[n] of a pointer p */
            if (f->paths[p->parent].kind == HF_PATH_INDEX &&
                f->paths[f->paths[p->parent].parent].kind == HF_PATH_DEREF) {
                pointer = f->paths[f->paths[p->parent].parent].parent;
                continue;
            }
            if (!of_object(w, flow, p->parent, &here)) {
                return FALSE;
            }
            here.record = record ? record : here.record;
            *out = here;
            return TRUE;
        }
        if (p->kind == HF_PATH_FIELD) {
            out->record = flow->unit->records[f->fields[p->ref].type_record];
            return out->record != 0;
        }
        if (p->kind != HF_PATH_LOCAL || !of_local(w, flow, p->ref, &here)) {
            return FALSE;
        }
        record = record ? record : here.record;
        here.record = record;
        *out = here;
        if (f->locals[p->ref].flags & HF_LOCAL_PARAM) {
            return TRUE;
        }
        pointer = only_pointer(flow, p->ref);
        if (pointer && f->paths[pointer].kind == HF_PATH_TEMP) {
            out->origin = allocated(w, flow, pointer);
            if (out->origin == HF_WIRE_RAW &&
                is_filled(w, flow, p->ref, 0)) {
                out->origin = HF_WIRE_FILLED;
            }
            return record != 0;
        }
    }
    return record != 0;
}
