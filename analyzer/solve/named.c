/* SPDX-License-Identifier: MIT */
#include "solve/named.h"

#include <string.h>

struct HfNamed {
    GHashTable *names; /* char* -> 2: some function acquires it, else 1 */
    HfNameKnown known;
    gconstpointer data;
};

static gboolean speaks_of_locks(HfEffectKind kind)
{
    return kind <= HF_EFF_ASSERT_SHARED || kind == HF_EFF_ROLE;
}

/* "x" or "&x", and nothing else; NULL. */
static const char *bare_name(char *text)
{
    char *name = g_strstrip(text);

    name = g_strstrip(name + (*name == '&'));
    if (!g_ascii_isalpha(*name) && *name != '_') {
        return NULL;
    }
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p) && *p != '_') {
            return NULL;
        }
    }
    return name;
}

static void see_effect(HfNamed *n, const HfEffect *e)
{
    gboolean takes = e->kind == HF_EFF_ACQUIRE ||
                     e->kind == HF_EFF_ACQUIRE_SHARED ||
                     e->kind == HF_EFF_RELEASE;
    g_auto(GStrv) parts = NULL;

    if (!e->cap || !speaks_of_locks(e->kind)) {
        return;
    }
    parts = g_strsplit_set(e->cap, "|,", -1);
    for (guint i = 0; parts[i]; i++) {
        const char *name = bare_name(parts[i]);
        gpointer have;

        if (!name || n->known(name, n->data)) {
            continue;
        }
        have = g_hash_table_lookup(n->names, name);
        if (!have || takes) {
            g_hash_table_replace(n->names, g_strdup(name),
                                 GINT_TO_POINTER(takes ? 2 : 1));
        }
    }
}

HfNamed *hf_named_new(const HfProgram *p, HfNameKnown known,
                      gconstpointer data)
{
    HfNamed *n = g_new0(HfNamed, 1);

    n->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    n->known = known;
    n->data = data;
    for (HfSymId i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        if (s->kind != HF_SYM_FUNCTION || s->n_params || !s->annots) {
            continue;
        }
        for (guint k = 0; k < s->annots->len; k++) {
            const GPtrArray *effects =
                g_array_index(s->annots, HfProgAnnot, k).effects;

            for (guint e = 0; e < effects->len; e++) {
                see_effect(n, g_ptr_array_index(effects, e));
            }
        }
    }
    return n;
}

void hf_named_free(HfNamed *n)
{
    if (n) {
        g_hash_table_unref(n->names);
        g_free(n);
    }
}

HfX hf_named_find(const HfNamed *n, HfXTable *t, const char *name)
{
    return g_hash_table_contains(n->names, name) ? hf_x_named(t, name) : 0;
}

gboolean hf_named_is_token(const HfNamed *n, const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(n->names, name)) == 2;
}
