/* SPDX-License-Identifier: MIT */
/* Effects of functions, annotations, fields and slots, by hf_effects[]. */
#include "rules/loader.h"
#include <string.h>

/* A key may name many functions, so effects multiply. */
#define MAX_EFFECTS 500000u

static const char *places_text(guint places)
{
    switch (places) {
    case HF_ON_FUNCTION:
        return "an effect of a function";
    case HF_ON_FIELD:
        return "an effect of a field";
    case HF_ON_SLOT:
        return "an effect of a slot";
    default:
        return "an effect";
    }
}

static gboolean unknown_effect(HfLoader *l, const HfNode *key, guint places,
                               const HfKeySpec *keys)
{
    GPtrArray *names = g_ptr_array_new();

    for (; keys && keys->name; keys++)
        g_ptr_array_add(names, (char *)keys->name);
    for (const HfEffectSpec *e = hf_effects; e->name; e++)
        if (e->places & places)
            g_ptr_array_add(names, (char *)e->name);
    return hf_load_unknown(l, key, places_text(places), names);
}

/* "a mapping with lock, when" */
static char *object_text(const HfEffectSpec *spec)
{
    GString *out = g_string_new(NULL);

    if (spec->value != HF_VALUE_NONE)
        g_string_append_printf(out, "%s or ", hf_value_kind_text(spec->value));
    g_string_append(out, "a mapping with ");
    for (const HfKeySpec *k = spec->keys; k->name; k++)
        g_string_append_printf(out, "%s%s", k == spec->keys ? "" : ", ",
                               k->name);
    return g_string_free(out, FALSE);
}

/* One occurrence of an effect, short or as a mapping. */
static gboolean read_occurrence(HfLoader *l, const HfEffectSpec *spec,
                                const HfNode *value, const HfRulePlace *place,
                                GPtrArray *effects)
{
    HfEffect *effect;
    gboolean ok;

    if (++l->n_effects > MAX_EFFECTS)
        return hf_load_fail(l, place, "expected at most %u effects in all, "
                            "found more", MAX_EFFECTS);
    effect = hf_effect_new(spec->kind);
    effect->arg = spec->default_arg;
    effect->place = *place;
    g_ptr_array_add(effects, effect);
    if (spec->keys && value->kind == HF_NODE_MAP)
        return hf_read_object(l, value, spec->keys, "a mapping", effect);
    if (spec->value != HF_VALUE_NONE && value->kind == HF_NODE_SCALAR)
        return hf_read_value(l, value, spec->value, FALSE, NULL,
                             (char *)effect + spec->offset);
    if (spec->keys) {
        char *expected = object_text(spec);

        ok = hf_load_expected(l, value, expected);
        g_free(expected);
        return ok;
    }
    return hf_load_expected(l, value, hf_value_kind_text(spec->value));
}

static gboolean read_effect(HfLoader *l, const HfEffectSpec *spec,
                            const HfNode *key, const HfNode *value,
                            GPtrArray *effects)
{
    if (value->kind != HF_NODE_LIST)
        return read_occurrence(l, spec, value, &key->place, effects);
    if (value->items->len == 0)
        return hf_load_fail(l, &value->place, "expected a value or a list of "
                            "them, found an empty list");
    for (guint i = 0; i < value->items->len; i++) {
        const HfNode *item = g_ptr_array_index(value->items, i);

        if (!read_occurrence(l, spec, item, &item->place, effects))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_map(HfLoader *l, const HfNode *node, guint places,
                         const HfKeySpec *keys, gpointer target,
                         GPtrArray *effects)
{
    for (guint i = 0; i < node->keys->len; i++) {
        const HfNode *key = g_ptr_array_index(node->keys, i);
        const HfNode *value = g_ptr_array_index(node->items, i);
        const HfKeySpec *other = hf_key_by_name(keys, key->text);
        const HfEffectSpec *spec = hf_effect_by_name(key->text);

        if (other) {
            if (!hf_read_key(l, value, other, target))
                return FALSE;
        } else if (!spec || !(spec->places & places)) {
            return unknown_effect(l, key, places, keys);
        } else if (!read_effect(l, spec, key, value, effects)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hf_read_effects(HfLoader *l, const HfNode *node, guint places,
                         const HfKeySpec *keys, gpointer target,
                         GPtrArray *effects)
{
    if (node->kind == HF_NODE_MAP)
        return read_map(l, node, places, keys, target, effects);
    if (node->kind != HF_NODE_LIST)
        return hf_load_expected(l, node, "a mapping of effects, or a list of "
                                "such mappings");
    for (guint i = 0; i < node->items->len; i++) {
        const HfNode *item = g_ptr_array_index(node->items, i);

        if (item->kind != HF_NODE_MAP)
            return hf_load_expected(l, item, "a mapping of effects");
        if (!read_map(l, item, places, keys, target, effects))
            return FALSE;
    }
    return TRUE;
}
