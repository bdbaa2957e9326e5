/* SPDX-License-Identifier: MIT */
/* What can be said only when every file is read. */
#include "rules/loader.h"
#include <string.h>

void hf_name_use_free(gpointer data)
{
    HfNameUse *use = data;

    g_free(use->name);
    g_free(use);
}

static gboolean is_declared(HfLoader *l, const HfNameUse *use)
{
    const HfNamed *named =
        g_hash_table_lookup(l->named[HF_SECTION_CAPABILITIES], use->name);
    const HfCapRule *cap = named
        ? g_ptr_array_index(l->rules->caps, named->index) : NULL;

    if (use->kind == HF_VALUE_CAP_NAME)
        return cap != NULL;
    return (cap && cap->kind == HF_CAP_ROLE) ||
        g_hash_table_contains(l->named[HF_SECTION_ROLES], use->name);
}

/* Names that rules use of one another; before gaps are closed. */
static gboolean check_uses(HfLoader *l)
{
    for (guint i = 0; i < l->uses->len; i++) {
        const HfNameUse *use = g_ptr_array_index(l->uses, i);
        GPtrArray *names;

        if (is_declared(l, use))
            continue;
        names = g_ptr_array_new();
        for (guint j = 0; j < l->rules->caps->len; j++) {
            const HfCapRule *cap = g_ptr_array_index(l->rules->caps, j);

            if (cap && (use->kind == HF_VALUE_CAP_NAME ||
                        cap->kind == HF_CAP_ROLE))
                g_ptr_array_add(names, cap->name);
        }
        for (guint j = 0; j < l->rules->roles->len; j++) {
            const HfRoleRule *role = g_ptr_array_index(l->rules->roles, j);

            if (role && use->kind == HF_VALUE_ROLE_NAME)
                g_ptr_array_add(names, role->name);
        }
        g_ptr_array_sort(names, hf_by_text);
        return hf_load_unknown_name(l, &use->place, use->name,
                                    use->kind == HF_VALUE_CAP_NAME
                                    ? "a declared capability"
                                    : "a declared role", names);
    }
    return TRUE;
}

/* Remove the NULLs that the passes below leave. */
static void close_gaps(GPtrArray *texts)
{
    guint kept = 0;

    for (guint i = 0; i < texts->len; i++) {
        char *text = g_ptr_array_index(texts, i);

        texts->pdata[i] = NULL;
        if (text)
            texts->pdata[kept++] = text;
    }
    g_ptr_array_set_size(texts, kept);
}

static void only_once(GPtrArray *texts)
{
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < texts->len; i++)
        if (g_hash_table_contains(seen, texts->pdata[i]))
            g_clear_pointer(&texts->pdata[i], g_free);
        else
            g_hash_table_add(seen, texts->pdata[i]);
    g_hash_table_unref(seen);
    close_gaps(texts);
}

/* The last -D of a macro wins. */
static void last_define_wins(GPtrArray *defines)
{
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                             NULL);

    for (guint i = defines->len; i-- > 0;) {
        const char *text = g_ptr_array_index(defines, i);

        if (!g_hash_table_add(seen, g_strndup(text, strcspn(text, "(="))))
            g_clear_pointer(&defines->pdata[i], g_free);
    }
    g_hash_table_unref(seen);
    close_gaps(defines);
}

/* Extract must know where control ends, however that was written. */
static void collect_noreturn(HfRules *r)
{
    for (guint i = 0; i < r->functions->len; i++) {
        const HfFunctionRule *f = g_ptr_array_index(r->functions, i);

        for (guint j = 0; j < f->effects->len; j++) {
            const HfEffect *e = g_ptr_array_index(f->effects, j);

            if (e->kind == HF_EFF_NORETURN && !strpbrk(f->pattern, "*?"))
                g_ptr_array_add(r->extract.noreturn, g_strdup(f->pattern));
        }
    }
}

gboolean hf_load_finish(HfLoader *l)
{
    HfRules *r = l->rules;

    if (!check_uses(l))
        return FALSE;
    hf_rules_close_gaps(r);
    collect_noreturn(r);
    last_define_wins(r->extract.defines);
    only_once(r->extract.markers);
    only_once(r->extract.macro_calls);
    only_once(r->extract.noreturn);
    only_once(r->exempt_phases);
    hf_rules_build_index(r);
    return TRUE;
}
