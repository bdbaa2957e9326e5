/* SPDX-License-Identifier: MIT */
/*
 * Members that an initialiser with braces leaves out are 0: those of locals
 * that the body reads.  They have that value from the start, and again when
 * the local's life has ended and may begin anew.
 */
#include "solve/flow.h"

/* Of one body; HfState.stored has no more room. */
#define MAX_ZEROED (HF_STATE_STORED / 2)

static const HfPath *path_at(const HfRun *r, HfId path)
{
    return &hf_run_facts(r)->paths[path];
}

/* The local that a path of members begins with; -1 none. */
static int local_of(const HfRun *r, HfId path)
{
    while (path_at(r, path)->kind == HF_PATH_FIELD) {
        path = path_at(r, path)->parent;
    }
    return path_at(r, path)->kind == HF_PATH_LOCAL
               ? (int)(path_at(r, path)->ref - r->body.fn->first_local) : -1;
}

static gboolean has_braces(const HfRun *r, int local)
{
    return local >= 0 &&
           hf_run_facts(r)->locals[r->body.fn->first_local + local].flags &
               HF_LOCAL_BRACES;
}

static gboolean any_braces(const HfRun *r)
{
    for (uint32_t i = r->body.fn->n_params; i < r->body.fn->n_locals; i++) {
        if (has_braces(r, (int)i)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Its address is kept somewhere: who writes through it is not seen. */
static gboolean is_kept(const HfRun *r, int local)
{
    for (uint32_t i = 0; i < r->body.fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(r->out, i);
        const HfPath *v = path_at(r, e->value);

        if (e->value && v->kind == HF_PATH_ADDR &&
            local_of(r, v->parent) == local) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_scalar(const HfRun *r, HfId path)
{
    HfFieldId field = r->body.u->fields[path_at(r, path)->ref];
    uint32_t flags = HF_PROGRAM_FIELD(r->body.p, field)->type_flags;

    return flags & (HF_TYPE_INTEGRAL | HF_TYPE_POINTER) &&
           !(flags & HF_TYPE_ARRAY);
}

static void add(HfRun *r, HfId path)
{
    for (guint i = 0; i < r->zeroed->len; i++) {
        if (g_array_index(r->zeroed, HfId, i) == path) {
            return;
        }
    }
    g_array_append_val(r->zeroed, path);
}

void hf_zeroed_start(HfRun *r)
{
    if (!any_braces(r)) {
        return;
    }
    r->zeroed = g_array_new(FALSE, FALSE, sizeof(HfId));
    for (uint32_t i = 0; i < r->body.fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(r->out, i);

        if (e->kind == HF_EV_READ && r->zeroed->len < MAX_ZEROED &&
            path_at(r, e->path)->kind == HF_PATH_FIELD &&
            has_braces(r, local_of(r, e->path)) && is_scalar(r, e->path) &&
            !is_kept(r, local_of(r, e->path))) {
            add(r, e->path);
        }
    }
}

void hf_zeroed_apply(HfRun *r, HfState *s, int local)
{
    for (guint i = 0; r->zeroed && i < r->zeroed->len; i++) {
        HfId path = g_array_index(r->zeroed, HfId, i);

        if (local < 0 || local_of(r, path) == local) {
            HfX object = hf_state_object(&r->body, s, path);

            hf_state_stored(&r->body, s, object);
            hf_state_note(&r->body, s, object, hf_x_const(r->body.t, 0));
        }
    }
}
