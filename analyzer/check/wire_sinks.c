/* SPDX-License-Identifier: MIT */
/*
 * wire_sinks.c - which functions send the bytes that a parameter points to.
 */
#include "check/wire.h"

#include <string.h>

#define MAX_STEPS 8

/* ---- values back to where they come from --------------------------------- */

/* What a local is set to, when that is the same everywhere; 0 otherwise.
 * Steps forward in what it is anyway (p += n) do not count. */
static HfId only_value(const HfFlow *flow, HfId local)
{
    const HfFacts *f = flow->unit->facts;
    HfId value = 0;

    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind != HF_EV_WRITE ||
            f->paths[e->path].kind != HF_PATH_LOCAL ||
            f->paths[e->path].ref != local || e->value == value) {
            continue;
        }
        if (value) {
            return 0;
        }
        value = e->value;
    }
    return value;
}

int hf_wire_param(const HfFlow *flow, HfId path)
{
    const HfFacts *f = flow->unit->facts;

    for (int i = 0; path && i < MAX_STEPS * 4; i++) {
        const HfPath *p = &f->paths[path];

        switch (p->kind) {
        case HF_PATH_LOCAL:
            if (f->locals[p->ref].flags & HF_LOCAL_PARAM) {
                return (int)(p->ref - flow->fn->first_local);
            }
            path = only_value(flow, p->ref);
            break;
        case HF_PATH_ADDR: /* p + n */
            if (f->paths[p->parent].kind != HF_PATH_INDEX ||
                f->paths[f->paths[p->parent].parent].kind != HF_PATH_DEREF) {
                return -1;
            }
            path = f->paths[f->paths[p->parent].parent].parent;
            break;
        case HF_PATH_COMPUTED:
            path = p->parent;
            break;
        default:
            return -1;
        }
    }
    return -1;
}

/* ---- sizes -------------------------------------------------------------- */

/* A constant, or a constant times something: *times. */
static gint64 constant(const HfFlow *flow, HfId path, gboolean *times)
{
    const HfFacts *f = flow->unit->facts;

    for (int i = 0; path && i < MAX_STEPS; i++) {
        const HfPath *p = &f->paths[path];

        if (p->kind == HF_PATH_CONST) {
            return p->value;
        }
        if (p->kind == HF_PATH_COMPUTED && p->ref == HF_PATH_OP_MUL) {
            *times = TRUE;
            return p->value;
        }
        if (p->kind != HF_PATH_LOCAL ||
            f->locals[p->ref].flags & HF_LOCAL_PARAM) {
            return 0;
        }
        path = only_value(flow, p->ref);
    }
    return 0;
}

static HfId argument(const HfFlow *flow, const HfEvent *e, int i)
{
    return i >= 0 && (guint)i < e->n_args
               ? flow->unit->facts->args[e->first_arg + i] : 0;
}

gint64 hf_wire_bytes(const HfFlow *flow, const HfEvent *e,
                     const HfWireSink *sink, gboolean *times)
{
    gint64 size = sink->bytes, count;

    *times = FALSE;
    if (sink->size >= 0) {
        size = constant(flow, argument(flow, e, sink->size), times);
    }
    if (sink->count < 0) {
        return size;
    }
    count = constant(flow, argument(flow, e, sink->count), times);
    if (count <= 0) {
        *times = TRUE;
        return size;
    }
    return size > 0 && size <= G_MAXINT32 && count <= G_MAXINT32
               ? size * count : 0;
}

/* ---- sinks -------------------------------------------------------------- */

static const HfClause *sends(const HfContract *k)
{
    for (guint i = 0; HF_CONTRACT_HAS(k, HF_EFF_SENDS) &&
                      i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_SENDS) {
            return cl;
        }
    }
    return NULL;
}

const HfWireSink *hf_wire_sink(HfWire *w, HfSymId sym)
{
    HfWireSink *sink = g_hash_table_lookup(w->sinks, GUINT_TO_POINTER(sym));
    const HfClause *cl;

    if (sink) {
        return sink;
    }
    cl = sends(hf_contract_of(w->c->solved->contracts, sym));
    if (!cl) {
        return NULL;
    }
    sink = g_new(HfWireSink, 1);
    *sink = (HfWireSink){
        .data = cl->effect->arg, .size = cl->effect->size_arg,
        .count = cl->effect->count_arg, .sink = cl->effect->sink,
        .rule = cl->effect,
    };
    g_hash_table_insert(w->sinks, GUINT_TO_POINTER(sym), sink);
    return sink;
}

/* The only parameter that may be a number of bytes; -1 when it is not clear
 * which. */
static int only_size(const HfFlow *flow)
{
    const HfFacts *f = flow->unit->facts;
    int found = -1;

    for (uint32_t i = 0; i < flow->fn->n_params; i++) {
        const char *type = hf_str(f, f->locals[flow->fn->first_local +
                                               i].type);

        if (strcmp(type, "size_t") == 0 || strcmp(type, "gsize") == 0) {
            if (found >= 0) {
                return -1;
            }
            found = (int)i;
        }
    }
    return found;
}

static gboolean is_const_param(const HfProgSymbol *s, guint arg)
{
    const char *at = s->type ? strchr(s->type, '(') : NULL;

    for (at = at ? at + 1 : NULL; at && arg > 0; arg--) {
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
    return at && (g_str_has_prefix(at + strspn(at, " "), "const ") ||
                  g_str_has_prefix(at + strspn(at, " "), "gconstpointer"));
}

/* Does the function also pass it to what may write there?  Then a flag says
 * in which direction the bytes go. */
static gboolean may_receive(HfWire *w, const HfFlow *flow, int param)
{
    const HfFacts *f = flow->unit->facts;

    if (is_const_param(HF_PROGRAM_SYM(w->c->program, flow->sym), param)) {
        return FALSE;
    }
    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        HfSymId sym = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

        for (guint a = 0; a < e->n_args; a++) {
            if (hf_wire_param(flow, f->args[e->first_arg + a]) == param &&
                (!sym || (!hf_wire_sink(w, sym) &&
                          !is_const_param(HF_PROGRAM_SYM(w->c->program, sym),
                                          a)))) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean derive(HfWire *w, const HfFlow *flow, const HfEvent *e,
                       const HfWireSink *from, HfWireSink *out)
{
    gboolean times;

    *out = *from;
    out->data = hf_wire_param(flow, argument(flow, e, from->data));
    if (out->data < 0 || may_receive(w, flow, out->data)) {
        return FALSE;
    }
    out->count = -1;
    out->bytes = hf_wire_bytes(flow, e, from, &times);
    if (out->bytes > 0) {
        out->size = -1;
        out->bytes = times ? 0 : out->bytes;
        return out->bytes > 0;
    }
    out->size = hf_wire_param(flow, argument(flow, e, from->size));
    if (from->count >= 0) {
        out->count = hf_wire_param(flow, argument(flow, e, from->count));
    }
    if (out->size < 0) {
        out->size = only_size(flow);
    }
    return out->size >= 0 && out->size != out->data;
}

void hf_wire_derive(HfWire *w, const HfFlow *flow)
{
    if (hf_wire_sink(w, flow->sym)) {
        return;
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t event = g_array_index(flow->calls, HfCall, i).event;
        const HfEvent *e = hf_flow_event(flow, event);
        HfSymId callee = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym]
                                               : 0;
        const HfWireSink *from = callee ? hf_wire_sink(w, callee) : NULL;
        HfWireSink sink;

        if (from && derive(w, flow, e, from, &sink)) {
            sink.next = callee;
            sink.event = event;
            g_hash_table_insert(w->sinks, GUINT_TO_POINTER(flow->sym),
                                g_memdup2(&sink, sizeof(sink)));
            return;
        }
    }
}
