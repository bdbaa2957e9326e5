/* SPDX-License-Identifier: MIT */
#include "solve/local_phase.h"
#include "solve/blocks.h"
#include "solve/roles.h"

/* Calls that are followed up. */
#define MAX_LEVELS 16

static const HfRole *role_at(const HfSolved *s, int id)
{
    return &g_array_index(s->roles, HfRole, id);
}

/* ---- the object's own thread -------------------------------------------- */

/* The pointer to the object around all that x is part of, or the variable. */
static HfX owner_of(const HfXTable *t, HfX x)
{
    const HfXNode *n = hf_x(t, x);

    while (n->kind == HF_X_FIELD || n->kind == HF_X_ADDR) {
        x = n->parent;
        n = hf_x(t, x);
    }
    return n->kind == HF_X_DEREF ? n->parent : x;
}

static gboolean own_thread(const HfSolved *s, const HfRolePoint *p,
                           HfX object)
{
    HfX owner;

    if (!object) {
        return FALSE;
    }
    owner = owner_of(s->exprs, object);
    return (p->data && owner_of(s->exprs, p->data) == owner) ||
           (p->handle.object &&
            owner_of(s->exprs, p->handle.object) == owner);
}

/* ---- not started yet ---------------------------------------------------- */

/* The thread is started on the way on from here, and no way leads from there
 * back but a loop's, which is about the next object. */
static gboolean starts_later(const HfSolved *s, const HfRole *role,
                             const HfFlow *f, uint32_t event, HfX object)
{
    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);

        if (p->in == f->sym && event != p->event &&
            own_thread(s, p, object) && hf_event_before(f, event, p->event) &&
            (!hf_event_before(f, p->event, event) ||
             event < p->event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- joined ------------------------------------------------------------- */

/* The condition that leads from block to its edge asks the object of the
 * handle, as in `if (s->running) join(&s->thread)`: where there is no thread,
 * there is none to join. */
static gboolean asks_owner(const HfSolved *s, const HfFlow *f, guint block,
                           const HfRolePoint *join)
{
    uint32_t first = hf_block(f, block)->first_event - f->fn->first_event;
    HfX owner = owner_of(s->exprs, join->handle.object);
    HfX last = 0;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);

        if (a->event >= first &&
            a->event < first + hf_block(f, block)->n_events) {
            last = a->path;
        }
    }
    return last && owner_of(s->exprs, last) == owner;
}

/* A loop that joins one thread after the other has joined them all when it is
 * left, however often it ran: its headers count as doing it. */
static void mark_loops(const HfFlow *f, uint32_t join, gboolean *does)
{
    for (guint i = 0; i < f->fn->n_blocks; i++) {
        for (guint k = 0; k < hf_block(f, i)->n_edges; k++) {
            guint to = hf_block_next(f, i, k);
            const HfEdge *e =
                &f->unit->facts->edges[hf_block(f, i)->first_edge + k];
            uint32_t at = hf_block(f, to)->first_event - f->fn->first_event;

            if (e->flags & HF_EDGE_BACK && hf_block(f, to)->n_events &&
                hf_event_before(f, at, join) && hf_event_before(f, join, at)) {
                does[to] = TRUE;
            }
        }
    }
}

/* Blocks at whose end the thread is joined on every way, by: joined[]. */
static void spread(const HfFlow *f, const gboolean *does, gboolean *in)
{
    guint n = f->fn->n_blocks;
    gboolean again = TRUE;

    for (guint i = 0; i < n; i++) {
        in[i] = i != 0;
    }
    while (again) {
        again = FALSE;
        for (guint i = 0; i < n; i++) {
            gboolean out = in[i] || does[i];

            for (guint k = 0; k < hf_block(f, i)->n_edges; k++) {
                guint to = hf_block_next(f, i, k);

                if (!out && in[to]) {
                    in[to] = FALSE;
                    again = TRUE;
                }
            }
        }
    }
}

/* The one block that leads into `block`; -1 when there are several. */
static int only_way_in(const HfFlow *f, guint block)
{
    int from = -1;

    for (guint i = 0; i < f->fn->n_blocks; i++) {
        for (guint k = 0; k < hf_block(f, i)->n_edges; k++) {
            if (hf_block_next(f, i, k) != block) {
                continue;
            }
            if (from >= 0) {
                return -1;
            }
            from = (int)i;
        }
    }
    return from;
}

static gboolean joined_by(const HfSolved *s, const HfFlow *f, uint32_t event,
                          const HfRolePoint *join)
{
    guint at = hf_block_of(f, event), in_block = hf_block_of(f, join->event);
    gboolean *does, *in, out;
    int asked;

    if (at == in_block) {
        return event > join->event;
    }
    if (!hf_event_before(f, join->event, event)) {
        return FALSE;
    }
    does = g_new0(gboolean, f->fn->n_blocks);
    in = g_new0(gboolean, f->fn->n_blocks);
    does[in_block] = TRUE;
    mark_loops(f, join->event, does);
    asked = only_way_in(f, in_block);
    if (asked >= 0 && asks_owner(s, f, (guint)asked, join) &&
        (guint)asked != at) {
        does[asked] = TRUE;
    }
    spread(f, does, in);
    out = in[at] && !hf_event_before(f, event, join->event);
    g_free(does);
    g_free(in);
    return out;
}

/* All starts of the role are joined by that handle. */
static gboolean joins_all(const HfSolved *s, const HfRole *role,
                          const HfRolePoint *join)
{
    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);

        if (!hf_handle_same(s, &p->handle, &join->handle) &&
            !hf_handle_same(s, &p->kept, &join->handle)) {
            return FALSE;
        }
    }
    return role->starts->len != 0;
}

static gboolean joined_before(const HfSolved *s, const HfRole *role,
                              const HfFlow *f, uint32_t event, HfX object)
{
    for (guint i = 0; i < role->joins->len; i++) {
        const HfRolePoint *p = &g_array_index(role->joins, HfRolePoint, i);

        if (p->in != f->sym || p->event == event ||
            (!own_thread(s, p, object) &&
             !(role->unique && !p->shared && joins_all(s, role, p)))) {
            continue;
        }
        if (joined_by(s, f, event, p)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- both, up the calls ------------------------------------------------- */

HfPhase hf_local_phase(const HfSolved *s, int id, const HfFlow *flow,
                       const HfContext *ctx, uint32_t event, HfX object)
{
    const HfRole *role = role_at(s, id);

    if (!role->starts->len && !role->joins->len) {
        return HF_PHASE_ALIVE;
    }
    for (guint level = 0; level < MAX_LEVELS; level++) {
        const HfCall *call;
        const HfFlow *up;

        if (starts_later(s, role, flow, event, object)) {
            return HF_PHASE_BEFORE;
        }
        if (joined_before(s, role, flow, event, object)) {
            return HF_PHASE_JOINED;
        }
        if (!ctx || !ctx->parent) {
            break;
        }
        up = s->flows[ctx->parent];
        call = hf_flow_call(up, ctx->parent_event);
        object = object && call
                     ? hf_call_named(s, up, call, object) : 0;
        event = ctx->parent_event;
        ctx = &g_array_index(up->contexts, HfContext, ctx->parent_context);
        flow = up;
    }
    return HF_PHASE_ALIVE;
}
