/* SPDX-License-Identifier: MIT */
/* Values and mappings with fixed keys, by the tables of keys.h. */
#include "rules/loader.h"
#include <string.h>

gboolean hf_load_fail(HfLoader *l, const HfRulePlace *at, const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = g_strdup_vprintf(fmt, args);
    va_end(args);
    hf_rules_fail(l->error, HF_RULES_ERROR_SCHEMA, at, "%s", text);
    g_free(text);
    return FALSE;
}

gboolean hf_load_expected(HfLoader *l, const HfNode *node, const char *what)
{
    char *found = hf_node_describe(node);

    hf_load_fail(l, &node->place, "expected %s, found %s", what, found);
    g_free(found);
    return FALSE;
}

gboolean hf_load_unknown(HfLoader *l, const HfNode *key, const char *what,
                         GPtrArray *words)
{
    char *text;

    g_ptr_array_add(words, NULL);
    text = hf_expected_word(what, (const char *const *)words->pdata,
                            key->text);
    hf_load_fail(l, &key->place, "%s", text);
    g_free(text);
    g_ptr_array_unref(words);
    return FALSE;
}

gboolean hf_load_unknown_name(HfLoader *l, const HfRulePlace *at,
                              const char *found, const char *what,
                              GPtrArray *names)
{
    char *text;

    g_ptr_array_add(names, NULL);
    text = hf_expected_name(what, (const char *const *)names->pdata, found);
    hf_load_fail(l, at, "%s", text);
    g_free(text);
    g_ptr_array_unref(names);
    return FALSE;
}

void hf_load_use(HfLoader *l, const HfNode *node, const char *name,
                 HfValueKind kind)
{
    HfNameUse *use = g_new0(HfNameUse, 1);

    use->name = g_strdup(name);
    use->kind = kind;
    use->place = node->place;
    g_ptr_array_add(l->uses, use);
}

/* Names of declared things are checked later, when all files are read. */
static void note_names(HfLoader *l, const HfNode *node, HfValueKind kind)
{
    if (kind == HF_VALUE_CAP_NAME || kind == HF_VALUE_ROLE_NAME) {
        hf_load_use(l, node, node->text, kind);
    } else if (kind == HF_VALUE_CAP_NAMES_OR) {
        char **names = g_strsplit(node->text, "|", -1);

        for (char **n = names; *n; n++)
            hf_load_use(l, node, *n, HF_VALUE_CAP_NAME);
        g_strfreev(names);
    }
}

static gboolean check_text(HfLoader *l, const HfNode *node, HfValueKind kind)
{
    const char *expected;

    if (node->kind != HF_NODE_SCALAR)
        return hf_load_expected(l, node, hf_value_kind_text(kind));
    expected = hf_check_spelling(node->text, kind, l->captures);
    if (expected)
        return hf_load_expected(l, node, expected);
    note_names(l, node, kind);
    return TRUE;
}

static gboolean read_bool(HfLoader *l, const HfNode *node, HfValueKind kind,
                          gboolean *value)
{
    gboolean scalar = node->kind == HF_NODE_SCALAR && !node->quoted;

    if (scalar && strcmp(node->text, "true") == 0)
        *value = TRUE;
    else if (scalar && kind == HF_VALUE_BOOL &&
             strcmp(node->text, "false") == 0)
        *value = FALSE;
    else
        return hf_load_expected(l, node, hf_value_kind_text(kind));
    return TRUE;
}

static gboolean not_a_word(HfLoader *l, const HfNode *node,
                           const HfWord *words)
{
    GPtrArray *list = g_ptr_array_new();
    char *joined, *expected;

    for (; words->word; words++)
        g_ptr_array_add(list, (char *)words->word);
    if (node->kind == HF_NODE_SCALAR && *node->text)
        return hf_load_unknown(l, node, "a word", list);
    g_ptr_array_add(list, NULL);
    joined = g_strjoinv(", ", (char **)list->pdata);
    expected = g_strconcat("one of ", joined, NULL);
    hf_load_expected(l, node, expected);
    g_free(expected);
    g_free(joined);
    g_ptr_array_unref(list);
    return FALSE;
}

static gboolean read_word(HfLoader *l, const HfNode *node,
                          const HfWord *words, int *value)
{
    for (const HfWord *w = words; w->word; w++) {
        if (node->kind == HF_NODE_SCALAR && strcmp(w->word, node->text) == 0) {
            *value = w->value;
            return TRUE;
        }
    }
    return not_a_word(l, node, words);
}

static gboolean read_options(HfLoader *l, const HfNode *node,
                             GHashTable *options)
{
    if (node->kind != HF_NODE_MAP)
        return hf_load_expected(l, node, hf_value_kind_text(HF_VALUE_OPTIONS));
    for (guint i = 0; i < node->keys->len; i++) {
        const HfNode *key = g_ptr_array_index(node->keys, i);
        const HfNode *value = g_ptr_array_index(node->items, i);

        if (!hf_is_identifier(key->text, "-"))
            return hf_load_expected(l, key, "the name of an option");
        if (value->kind != HF_NODE_SCALAR || !*value->text)
            return hf_load_expected(l, value, "a value");
        g_hash_table_replace(options, g_strdup(key->text),
                             g_strdup(value->text));
    }
    return TRUE;
}

static gboolean read_intents(HfLoader *l, const HfNode *node, GPtrArray *to)
{
    if (node->kind != HF_NODE_LIST)
        return hf_load_expected(l, node, hf_value_kind_text(HF_VALUE_INTENTS));
    for (guint i = 0; i < node->items->len; i++) {
        const HfNode *item = g_ptr_array_index(node->items, i);
        HfIntentRule *rule = hf_intent_rule_new();

        g_ptr_array_add(to, rule);
        rule->place = item->place;
        if (!hf_read_object(l, item, hf_intent_keys, "a mapping", rule))
            return FALSE;
        if (!rule->function && !rule->field)
            return hf_load_fail(l, &item->place, "expected the key 'function' "
                                "or 'field', found neither");
    }
    return TRUE;
}

static void set_text(char **member, const char *text)
{
    g_free(*member);
    *member = g_strdup(text);
}

/* Short forms that fill more than one member of the effect they are in; the
 * table points at arg. */
static gboolean read_into_effect(HfLoader *l, const HfNode *node,
                                 HfValueKind kind, int *arg)
{
    HfEffect *effect =
        (HfEffect *)((char *)arg - G_STRUCT_OFFSET(HfEffect, arg));

    if (!check_text(l, node, kind))
        return FALSE;
    if (kind == HF_VALUE_RANK && !hf_parse_int(node->text, &effect->arg))
        set_text(&effect->other, node->text);
    else if (kind == HF_VALUE_PAIR && !hf_parse_pair(node->text, effect))
        set_text(&effect->cap, node->text); /* $1, parsed when it is known */
    return TRUE;
}

static gboolean read_one(HfLoader *l, const HfNode *node, HfValueKind kind,
                         const HfWord *words, gpointer member)
{
    gboolean truth;

    switch (kind) {
    case HF_VALUE_BOOL:
        return read_bool(l, node, kind, member);
    case HF_VALUE_TRUE:
        return read_bool(l, node, kind, &truth);
    case HF_VALUE_WORD:
        return read_word(l, node, words, member);
    case HF_VALUE_OPTIONS:
        return read_options(l, node, *(GHashTable **)member);
    case HF_VALUE_INTENTS:
        return read_intents(l, node, *(GPtrArray **)member);
    case HF_VALUE_RANK:
    case HF_VALUE_PAIR:
        return read_into_effect(l, node, kind, member);
    case HF_VALUE_INT:
        return check_text(l, node, kind) && hf_parse_int(node->text, member);
    case HF_VALUE_ARG:
        return check_text(l, node, kind) && hf_parse_arg(node->text, member);
    case HF_VALUE_TRUE_OR_NAME:
        if (node->kind == HF_NODE_SCALAR && !node->quoted &&
            strcmp(node->text, "true") == 0) {
            set_text(member, "");
            return TRUE;
        }
        break;
    default:
        break;
    }
    if (!check_text(l, node, kind))
        return FALSE;
    set_text(member, node->text);
    return TRUE;
}

static gboolean append(HfLoader *l, const HfNode *node, HfValueKind kind,
                       GPtrArray *texts)
{
    if (!check_text(l, node, kind))
        return FALSE;
    g_ptr_array_add(texts, g_strdup(node->text));
    return TRUE;
}

gboolean hf_read_value(HfLoader *l, const HfNode *node, HfValueKind kind,
                       gboolean list, const HfWord *words, gpointer member)
{
    GPtrArray *texts;

    if (!list)
        return read_one(l, node, kind, words, member);
    texts = *(GPtrArray **)member;
    if (node->kind != HF_NODE_LIST)
        return append(l, node, kind, texts);
    for (guint i = 0; i < node->items->len; i++)
        if (!append(l, g_ptr_array_index(node->items, i), kind, texts))
            return FALSE;
    return TRUE;
}

const HfKeySpec *hf_key_by_name(const HfKeySpec *keys, const char *name)
{
    for (; keys && keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

gboolean hf_read_key(HfLoader *l, const HfNode *value, const HfKeySpec *spec,
                     gpointer target)
{
    if (!hf_read_value(l, value, spec->value, spec->list, spec->words,
                       (char *)target + spec->offset))
        return FALSE;
    if (spec->seen)
        *(gboolean *)((char *)target + spec->seen) = TRUE;
    return TRUE;
}

gboolean hf_unknown_key(HfLoader *l, const HfNode *key, const HfKeySpec *keys)
{
    GPtrArray *names = g_ptr_array_new();

    for (; keys->name; keys++)
        g_ptr_array_add(names, (char *)keys->name);
    return hf_load_unknown(l, key, "a key", names);
}

gboolean hf_read_object(HfLoader *l, const HfNode *node,
                        const HfKeySpec *keys, const char *what,
                        gpointer target)
{
    if (node->kind != HF_NODE_MAP)
        return hf_load_expected(l, node, what);
    for (guint i = 0; i < node->keys->len; i++) {
        const HfNode *key = g_ptr_array_index(node->keys, i);
        const HfKeySpec *spec = hf_key_by_name(keys, key->text);

        if (!spec)
            return hf_unknown_key(l, key, keys);
        if (!hf_read_key(l, g_ptr_array_index(node->items, i), spec, target))
            return FALSE;
    }
    for (; keys->name; keys++) {
        gboolean found = FALSE;

        for (guint i = 0; i < node->keys->len && !found; i++) {
            const HfNode *key = g_ptr_array_index(node->keys, i);

            found = strcmp(key->text, keys->name) == 0;
        }
        if (keys->required && !found)
            return hf_load_fail(l, &node->place,
                                "expected the key '%s', found none",
                                keys->name);
    }
    return TRUE;
}
