/* SPDX-License-Identifier: MIT */
/*
 * Locals whose address goes nowhere but down calls that do not keep it, and
 * objects that are the caller's own already, or parts of either.
 */
#include "solve/own_args.h"

/* The local, as HfLocal counted from the function's first, that the value is
 * the address of, or of a part of; -1: none. */
static int64_t local_pointed_to(const HfFlow *f, HfId value)
{
    const HfPath *paths = f->unit->facts->paths;
    const HfPath *v = &paths[value];

    while (v->kind == HF_PATH_FIELD || v->kind == HF_PATH_INDEX) {
        v = &paths[v->parent];
    }
    if (v->kind != HF_PATH_ADDR) {
        return -1;
    }
    v = &paths[v->parent];
    while (v->kind == HF_PATH_FIELD || v->kind == HF_PATH_INDEX) {
        v = &paths[v->parent];
    }
    return v->kind == HF_PATH_LOCAL ? (int64_t)v->ref - f->fn->first_local
                                    : -1;
}

static gboolean is_stored(const HfFlow *f, uint32_t local)
{
    for (uint32_t i = 0; i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);

        if ((e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) &&
            f->unit->facts->paths[e->path].kind != HF_PATH_LOCAL &&
            local_pointed_to(f, e->value) == local) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean may_keep(const HfSolved *s, const HfFlow *f,
                         const HfCall *call, guint arg)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    HfSymId sym = e->kind == HF_EV_CALL ? f->unit->symbols[e->sym] : 0;
    const HfFlow *callee = sym ? s->flows[sym] : NULL;
    const HfContract *k = sym ? hf_contract_of(s->contracts, sym) : NULL;

    if (k && HF_PROGRAM_SYM(s->program, sym)->rule &&
        !HF_CONTRACT_HAS(k, HF_EFF_CALLBACK)) {
        return FALSE; /* known not to */
    }
    return !callee || arg >= 32 || callee->leaks >> arg & 1;
}

static gboolean is_given_away(const HfSolved *s, const HfFlow *f,
                              uint32_t local)
{
    const HfXTable *t = s->exprs;

    for (guint i = 0; i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);

        for (guint n = 0; n < call->n_args; n++) {
            HfX x = g_array_index(f->args, HfX, call->first_arg + n);
            const HfXNode *root = hf_x(t, x ? hf_x_root(t, x) : 0);

            if (x && root->kind == HF_X_LOCAL && root->ref == local &&
                hf_x(t, x)->kind == HF_X_ADDR && may_keep(s, f, call, n)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* The object, or part of it, is a local that only this call can see. */
static gboolean is_own_local(const HfSolved *s, const HfFlow *f, HfX x)
{
    const HfXTable *t = s->exprs;

    if (!x || hf_x(t, x)->kind != HF_X_ADDR) {
        return FALSE;
    }
    x = hf_x_whole(t, hf_x(t, x)->parent);
    return hf_x(t, x)->kind == HF_X_LOCAL &&
           !is_stored(f, hf_x(t, x)->ref) &&
           !is_given_away(s, f, hf_x(t, x)->ref);
}

/* The parameter whose object the argument is, or a part of; -1: none. */
static int64_t param_handed_on(const HfXTable *t, HfX x)
{
    if (x && hf_x(t, x)->kind == HF_X_ADDR) {
        x = hf_x_pointer_to(t, hf_x(t, x)->parent);
    }
    return x && hf_x(t, x)->kind == HF_X_PARAM ? (int64_t)hf_x(t, x)->ref
                                               : -1;
}

guint32 hf_own_args(const HfSolved *s, const HfFlow *flow,
                    const HfContext *ctx, const HfCall *call)
{
    guint32 own = call->fresh_args;

    for (guint i = 0; i < call->n_args && i < 32; i++) {
        HfX x = g_array_index(flow->args, HfX, call->first_arg + i);
        int64_t param = ctx->fresh_params ? param_handed_on(s->exprs, x) : -1;

        if (is_own_local(s, flow, x) ||
            (param >= 0 && param < 32 && ctx->fresh_params >> param & 1)) {
            own |= 1u << i;
        }
    }
    return own;
}
