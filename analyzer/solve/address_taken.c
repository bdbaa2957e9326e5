/* SPDX-License-Identifier: MIT */
#include "solve/address_taken.h"

struct HfAddressTaken {
    GHashTable *points; /* HfSymId -> GArray of HfRolePoint */
    GHashTable *always; /* HfSymId: in an initialiser */
};

static HfSymId function_of(const HfUnit *u, HfId path)
{
    const HfPath *p = &u->facts->paths[path];

    while (p->kind == HF_PATH_ADDR || p->kind == HF_PATH_DEREF) {
        p = &u->facts->paths[p->parent];
    }
    return p->kind == HF_PATH_FUNCTION ? u->symbols[p->ref] : 0;
}

static void take(HfAddressTaken *taken, const HfFlow *f, uint32_t event,
                 HfId path)
{
    HfSymId sym = function_of(f->unit, path);
    HfRolePoint p = { .in = f->sym, .event = event };
    GArray *points;

    if (!sym) {
        return;
    }
    points = g_hash_table_lookup(taken->points, GUINT_TO_POINTER(sym));
    if (!points) {
        points = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
        g_hash_table_insert(taken->points, GUINT_TO_POINTER(sym), points);
    }
    g_array_append_val(points, p);
}

static void body(HfAddressTaken *taken, const HfFlow *f)
{
    const HfFacts *facts = f->unit->facts;

    for (uint32_t i = 0; i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);

        if (e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE ||
            e->kind == HF_EV_RETURN) {
            take(taken, f, i, e->value);
        } else if (e->kind == HF_EV_CALL || e->kind == HF_EV_CALL_INDIRECT) {
            for (uint32_t a = 0; a < e->n_args; a++) {
                take(taken, f, i, facts->args[e->first_arg + a]);
            }
        }
    }
}

HfAddressTaken *hf_address_taken_new(const HfSolved *s)
{
    HfAddressTaken *taken = g_new0(HfAddressTaken, 1);
    const GArray *order = s->program->functions;

    taken->points = g_hash_table_new_full(NULL, NULL, NULL,
                                          (GDestroyNotify)g_array_unref);
    taken->always = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < order->len; i++) {
        body(taken, s->flows[g_array_index(order, HfSymId, i)]);
    }
    for (guint i = 1; i < s->program->units->len; i++) {
        const HfUnit *u = HF_PROGRAM_UNIT(s->program, i);

        for (uint32_t k = 1; k < u->facts->n_bindings; k++) {
            g_hash_table_add(
                taken->always,
                GUINT_TO_POINTER(
                    u->symbols[u->facts->bindings[k].function]));
        }
    }
    return taken;
}

void hf_address_taken_free(HfAddressTaken *taken)
{
    if (taken) {
        g_hash_table_unref(taken->points);
        g_hash_table_unref(taken->always);
        g_free(taken);
    }
}

const GArray *hf_address_taken_points(const HfAddressTaken *taken, HfSymId sym)
{
    gpointer key = GUINT_TO_POINTER(sym);

    return g_hash_table_contains(taken->always, key)
               ? NULL : g_hash_table_lookup(taken->points, key);
}
