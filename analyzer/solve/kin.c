/* SPDX-License-Identifier: MIT */
#include "solve/kin.h"

/* A way up is followed for so many symbols; more than that says nothing. */
#define MAX_ABOVE 64

struct HfKin {
    const HfProgram *p;
    GHashTable *named; /* HfSymId -> GArray of HfSymId that name it */
};

static void free_array(gpointer data)
{
    g_array_unref(data);
}

static void add_name(HfKin *k, HfSymId sym, HfSymId by)
{
    GArray *list = g_hash_table_lookup(k->named, GUINT_TO_POINTER(sym));

    if (!list) {
        list = g_array_new(FALSE, FALSE, sizeof(HfSymId));
        g_hash_table_insert(k->named, GUINT_TO_POINTER(sym), list);
    }
    if (!list->len || g_array_index(list, HfSymId, list->len - 1) != by) {
        g_array_append_val(list, by);
    }
}

static void name_path(HfKin *k, const HfUnit *u, HfId path, HfSymId by)
{
    const HfPath *p = &u->facts->paths[path];

    while (p->kind == HF_PATH_ADDR || p->kind == HF_PATH_FIELD ||
           p->kind == HF_PATH_INDEX) {
        p = &u->facts->paths[p->parent];
    }
    if (p->kind == HF_PATH_FUNCTION || p->kind == HF_PATH_GLOBAL) {
        add_name(k, u->symbols[p->ref], by);
    }
}

static void take_body(HfKin *k, HfSymId sym)
{
    const HfUnit *u;
    const HfFunction *fn = hf_program_body(k->p, sym, &u);
    const HfFacts *f = u->facts;

    for (uint32_t i = 0; i < fn->n_events; i++) {
        const HfEvent *e = &f->events[fn->first_event + i];

        if (e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) {
            name_path(k, u, e->value, sym);
        }
        for (uint32_t a = 0; a < e->n_args; a++) {
            name_path(k, u, f->args[e->first_arg + a], sym);
        }
        if (e->kind == HF_EV_CALL) {
            add_name(k, u->symbols[e->sym], sym);
        }
    }
}

HfKin *hf_kin_new(const HfProgram *p)
{
    HfKin *k = g_new0(HfKin, 1);

    k->p = p;
    k->named = g_hash_table_new_full(NULL, NULL, NULL, free_array);
    for (guint i = 0; i < p->functions->len; i++) {
        take_body(k, g_array_index(p->functions, HfSymId, i));
    }
    for (guint i = 1; i < p->units->len; i++) {
        const HfUnit *u = HF_PROGRAM_UNIT(p, i);

        for (uint32_t n = 1; n < u->facts->n_bindings; n++) {
            const HfBinding *b = &u->facts->bindings[n];

            if (b->holder) {
                add_name(k, u->symbols[b->function], u->symbols[b->holder]);
            }
        }
    }
    return k;
}

void hf_kin_free(HfKin *k)
{
    if (k) {
        g_hash_table_unref(k->named);
        g_free(k);
    }
}

/* Everything above, itself included. */
static GHashTable *above(const HfKin *k, HfSymId sym)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);
    GQueue queue = G_QUEUE_INIT;

    g_hash_table_add(seen, GUINT_TO_POINTER(sym));
    g_queue_push_tail(&queue, GUINT_TO_POINTER(sym));
    while (!g_queue_is_empty(&queue)) {
        const GArray *by =
            g_hash_table_lookup(k->named, g_queue_pop_head(&queue));

        for (guint i = 0; by && i < by->len; i++) {
            gpointer next =
                GUINT_TO_POINTER(g_array_index(by, HfSymId, i));

            if (g_hash_table_size(seen) < MAX_ABOVE &&
                g_hash_table_add(seen, next)) {
                g_queue_push_tail(&queue, next);
            }
        }
    }
    g_queue_clear(&queue);
    return seen;
}

gboolean hf_kin_related(const HfKin *k, HfSymId a, HfSymId b)
{
    GHashTable *one = above(k, a), *two = above(k, b);
    GHashTableIter it;
    gpointer sym;
    gboolean met = FALSE;

    g_hash_table_iter_init(&it, one);
    while (!met && g_hash_table_iter_next(&it, &sym, NULL)) {
        met = g_hash_table_contains(two, sym);
    }
    g_hash_table_unref(one);
    g_hash_table_unref(two);
    return met;
}
