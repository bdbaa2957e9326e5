/* SPDX-License-Identifier: MIT */
#include "check/slot_survey.h"

static void calls_free(gpointer data)
{
    HfSlotCalls *s = data;

    g_array_unref(s->sites);
    g_free(s);
}

static HfSlotCalls *calls_of(HfSlots *s, HfFieldId slot)
{
    HfSlotCalls *c = g_hash_table_lookup(s->calls, GUINT_TO_POINTER(slot));

    if (!c) {
        c = g_new0(HfSlotCalls, 1);
        c->sites = g_array_new(FALSE, FALSE, sizeof(HfSlotSite));
        g_hash_table_insert(s->calls, GUINT_TO_POINTER(slot), c);
    }
    return c;
}

static void count_mode(HfCheck *c, const HfSlots *s, HfSlotCalls *calls,
                       const HfSlotSite *site)
{
    HfX cap = hf_x_leaf(c->solved->exprs, HF_X_CAP, s->coroutine);
    HfSpot at = { site->flow, site->call->must, 0 };
    HfVerdict v;

    if (!site->flow->mixed) {
        v = hf_verdict_any(c, &at, &cap, 1);
        calls->in_coroutine += v.tri == HF_HELD;
        calls->outside_coroutine += v.tri == HF_ABSENT;
        calls->sometimes_in += v.n_held > 0;
    }
}

static void see_calls(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfSlots *s = data;

    for (guint i = 0; i < flow->calls->len; i++) {
        HfSlotSite site = { flow, &g_array_index(flow->calls, HfCall, i) };
        const HfSymId *targets;
        HfFieldId slot;
        HfSlotCalls *calls;

        hf_call_targets(c->solved, flow, site.call, &targets, &slot);
        if (!slot) {
            continue;
        }
        calls = calls_of(s, slot);
        calls->n++;
        g_array_append_val(calls->sites, site);
        if (s->coroutine >= 0) {
            count_mode(c, s, calls, &site);
        }
    }
}

static void note_binding(HfSlots *s, HfFieldId slot, HfSymId fn, HfPlace place)
{
    gint64 key = (gint64)slot << 32 | fn;

    if (!g_hash_table_contains(s->bindings, &key)) {
        g_hash_table_insert(s->bindings, g_memdup2(&key, sizeof(key)),
                            g_memdup2(&place, sizeof(place)));
    }
}

static void see_initialisers(HfCheck *c, HfSlots *s)
{
    for (guint i = 1; i < c->program->units->len; i++) {
        const HfUnit *u = HF_PROGRAM_UNIT(c->program, i);

        for (uint32_t k = 1; k < u->facts->n_bindings; k++) {
            const HfBinding *b = &u->facts->bindings[k];

            if (b->field) {
                note_binding(s, u->fields[b->field],
                             u->symbols[b->function],
                             hf_check_place_of(c->program, i, b->loc));
            }
        }
    }
}

static HfId member_of(const HfFacts *f, HfId path)
{
    const HfPath *p = &f->paths[path];

    while (p->kind == HF_PATH_INDEX) {
        p = &f->paths[p->parent];
    }
    return p->kind == HF_PATH_FIELD ? p->ref : 0;
}

static void see_assignments(HfCheck *c, const HfFlow *flow, gpointer data)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        const HfPath *value = &f->paths[e->value];
        HfId member;

        if ((e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) &&
            value->kind == HF_PATH_FUNCTION &&
            (member = member_of(f, e->path))) {
            note_binding(data, flow->unit->fields[member],
                         flow->unit->symbols[value->ref],
                         hf_check_place(flow, i));
        }
    }
}

static gboolean says_coroutine(const HfContract *k)
{
    return HF_CONTRACT_HAS(k, HF_EFF_COROUTINE) ||
           HF_CONTRACT_HAS(k, HF_EFF_NO_COROUTINE) ||
           HF_CONTRACT_HAS(k, HF_EFF_COROUTINE_MIXED);
}

static gboolean is_lock_clause(const HfClause *cl)
{
    return cl->kind == HF_EFF_REQUIRES || cl->kind == HF_EFF_REQUIRES_SHARED ||
           cl->kind == HF_EFF_EXCLUDES;
}

static void see_annotations(HfCheck *c, HfSlots *s)
{
    for (HfFieldId i = 1; i < c->program->fields->len; i++) {
        const HfContract *k = hf_contract_of_field(c->solved->contracts, i);

        if (!(HF_PROGRAM_FIELD(c->program, i)->type_flags &
              HF_TYPE_FUNCTION_POINTER)) {
            continue;
        }
        s->coroutine_said |= says_coroutine(k);
        for (guint n = 0; k && n < k->clauses->len; n++) {
            const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

            for (guint l = 0; is_lock_clause(cl) && l < cl->n_locks; l++) {
                g_hash_table_add(s->locks_said,
                                 GUINT_TO_POINTER(cl->locks[l]));
            }
        }
    }
}

/* ---- asking ------------------------------------------------------------- */

const HfSlotCalls *hf_slots_calls(const HfSlots *s, HfFieldId slot)
{
    return g_hash_table_lookup(s->calls, GUINT_TO_POINTER(slot));
}

const HfPlace *hf_slots_binding(const HfSlots *s, HfFieldId slot, HfSymId fn)
{
    gint64 key = (gint64)slot << 32 | fn;

    return g_hash_table_lookup(s->bindings, &key);
}

void hf_slots_init(HfSlots *s, HfCheck *c)
{
    *s = (HfSlots){
        .calls = g_hash_table_new_full(NULL, NULL, NULL, calls_free),
        .bindings = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                          g_free),
        .locks_said = g_hash_table_new(NULL, NULL),
        .coroutine = hf_contract_cap(c->solved->contracts, "coroutine"),
    };
    hf_check_each_flow(c, see_calls, s);
    see_initialisers(c, s);
    hf_check_each_flow(c, see_assignments, s);
    see_annotations(c, s);
}

void hf_slots_clear(HfSlots *s)
{
    g_hash_table_unref(s->calls);
    g_hash_table_unref(s->bindings);
    g_hash_table_unref(s->locks_said);
}
