/* SPDX-License-Identifier: MIT */
/*
 * Loaded rules as text: one YAML document that, loaded again, gives the same
 * rules, with a comment that says where each rule was written.
 */
#include "rules/loader.h"
#include <string.h>

static void add_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        if ((guchar)*p < ' ' || *p == 0x7f)
            g_string_append_printf(out, "\\x%02x", (guchar)*p);
        else
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void add_list(GString *out, GPtrArray *texts)
{
    g_string_append_c(out, '[');
    for (guint i = 0; i < texts->len; i++) {
        g_string_append(out, i ? ", " : "");
        add_quoted(out, g_ptr_array_index(texts, i));
    }
    g_string_append_c(out, ']');
}

/* Only the last part of the path, so that dumps of two checkouts agree. */
static void add_place(GString *out, const HfRulePlace *place)
{
    char *base = g_path_get_basename(place->file);

    g_string_append(out, "  # ");
    for (const char *p = base; *p; p++)
        g_string_append_c(out, g_ascii_isprint(*p) ? *p : '?');
    g_string_append_printf(out, ":%d\n", place->line);
    g_free(base);
}

static void add_arg(GString *out, int arg)
{
    if (arg < 0)
        g_string_append(out, "ret");
    else
        g_string_append_printf(out, "arg%d", arg);
}

static gboolean is_default(const HfKeySpec *spec, const void *target)
{
    const void *member = (const char *)target + spec->offset;

    if (spec->seen)
        return !*(const gboolean *)((const char *)target + spec->seen);
    if (spec->required)
        return FALSE;
    if (spec->list)
        return (*(GPtrArray *const *)member)->len == 0;
    switch (spec->value) {
    case HF_VALUE_OPTIONS:
        return g_hash_table_size(*(GHashTable *const *)member) == 0;
    case HF_VALUE_INTENTS:
        return (*(GPtrArray *const *)member)->len == 0;
    case HF_VALUE_ARG:
        return *(const int *)member == HF_ARG_NONE;
    case HF_VALUE_BOOL:
    case HF_VALUE_INT:
    case HF_VALUE_WORD:
        return FALSE;
    default:
        return !*(char *const *)member;
    }
}

static void add_options(GString *out, GHashTable *options)
{
    GList *names = g_hash_table_get_keys(options);

    names = g_list_sort(names, (GCompareFunc)strcmp);
    g_string_append_c(out, '{');
    for (GList *n = names; n; n = n->next) {
        g_string_append(out, n == names ? "" : ", ");
        add_quoted(out, n->data);
        g_string_append(out, ": ");
        add_quoted(out, g_hash_table_lookup(options, n->data));
    }
    g_string_append_c(out, '}');
    g_list_free(names);
}

static void add_object(GString *out, const HfKeySpec *keys,
                       const void *target);

static void add_intents(GString *out, const GPtrArray *intents)
{
    g_string_append_c(out, '[');
    for (guint i = 0; i < intents->len; i++) {
        g_string_append(out, i ? ", " : "");
        add_object(out, hf_intent_keys, g_ptr_array_index(intents, i));
    }
    g_string_append_c(out, ']');
}

static void add_value(GString *out, HfValueKind kind, gboolean list,
                      const HfWord *words, const void *member)
{
    if (list) {
        add_list(out, *(GPtrArray *const *)member);
        return;
    }
    switch (kind) {
    case HF_VALUE_TRUE:
        g_string_append(out, "true");
        break;
    case HF_VALUE_BOOL:
        g_string_append(out, *(const gboolean *)member ? "true" : "false");
        break;
    case HF_VALUE_INT:
        g_string_append_printf(out, "%d", *(const int *)member);
        break;
    case HF_VALUE_ARG:
        add_arg(out, *(const int *)member);
        break;
    case HF_VALUE_WORD:
        g_string_append(out, hf_word_name(words, *(const int *)member));
        break;
    case HF_VALUE_OPTIONS:
        add_options(out, *(GHashTable *const *)member);
        break;
    case HF_VALUE_INTENTS:
        add_intents(out, *(GPtrArray *const *)member);
        break;
    default:
        add_quoted(out, *(char *const *)member);
        break;
    }
}

static void add_object(GString *out, const HfKeySpec *keys, const void *target)
{
    const char *comma = "";

    g_string_append_c(out, '{');
    for (; keys->name; keys++) {
        if (is_default(keys, target))
            continue;
        g_string_append_printf(out, "%s%s: ", comma, keys->name);
        add_value(out, keys->value, keys->list, keys->words,
                  (const char *)target + keys->offset);
        comma = ", ";
    }
    g_string_append_c(out, '}');
}

static void add_pair(GString *out, const HfEffect *e)
{
    if (strcmp(e->cap, "$1") == 0) {
        g_string_append(out, "\"$1\"");
        return;
    }
    g_string_append_printf(out, "\"%s, ", e->cap);
    if (e->arg == HF_ARG_BY_NAME)
        g_string_append(out, e->other);
    else
        add_arg(out, e->arg);
    g_string_append_c(out, '"');
}

static void add_effect(GString *out, const HfEffect *e)
{
    const HfEffectSpec *spec = hf_effect_by_kind(e->kind);
    const void *member = (const char *)e + spec->offset;

    g_string_append_printf(out, "{%s: ", spec->name);
    if (spec->value == HF_VALUE_PAIR && e->when == HF_WHEN_ALWAYS)
        add_pair(out, e);
    else if (spec->value == HF_VALUE_TRUE && !e->other)
        g_string_append(out, "true");
    else if (spec->keys)
        add_object(out, spec->keys, e);
    else if (spec->value == HF_VALUE_RANK && e->other)
        add_quoted(out, e->other);
    else if (spec->value == HF_VALUE_RANK)
        g_string_append_printf(out, "%d", e->arg);
    else if (spec->value == HF_VALUE_TRUE_OR_NAME && !*e->other)
        g_string_append(out, "true");
    else
        add_value(out, spec->value, FALSE, NULL, member);
    g_string_append_c(out, '}');
}

static void add_effects(GString *out, const char *name, GPtrArray *effects,
                        const char *first)
{
    g_string_append(out, "  ");
    add_quoted(out, name);
    g_string_append_printf(out, ": [%s", first);
    for (guint i = 0; i < effects->len; i++) {
        g_string_append(out, i || *first ? ",\n    " : "");
        add_effect(out, g_ptr_array_index(effects, i));
    }
    g_string_append(out, "]\n");
}

static void add_named(GString *out, const HfSectionSpec *spec,
                      const char *name, const HfRulePlace *place,
                      const void *rule)
{
    add_place(out, place);
    g_string_append(out, "  ");
    add_quoted(out, name);
    g_string_append(out, ": ");
    add_object(out, spec->keys, rule);
    g_string_append_c(out, '\n');
}

static void add_members(GString *out, const char *record,
                        const char *field,
                        const HfRulePlace *place, GPtrArray *effects,
                        const char *first)
{
    char *name = g_strconcat(record, ".", field, NULL);

    add_place(out, place);
    add_effects(out, name, effects, first);
    g_free(name);
}

static void add_rule(GString *out, const HfSectionSpec *spec, gpointer rule)
{
    const HfFunctionRule *function = rule;
    const HfAnnotationRule *annotation = rule;
    const HfFieldRule *field = rule;
    const HfSlotRule *slot = rule;
    char *first;

    switch (spec->id) {
    case HF_SECTION_CAPABILITIES:
        add_named(out, spec, ((HfCapRule *)rule)->name,
                  &((HfCapRule *)rule)->place, rule);
        break;
    case HF_SECTION_LOCK_TYPES:
        add_named(out, spec, ((HfLockTypeRule *)rule)->type,
                  &((HfLockTypeRule *)rule)->place, rule);
        break;
    case HF_SECTION_ROLES:
        add_named(out, spec, ((HfRoleRule *)rule)->name,
                  &((HfRoleRule *)rule)->place, rule);
        break;
    case HF_SECTION_SPELLINGS:
        add_named(out, spec, ((HfSpellingRule *)rule)->effect,
                  &((HfSpellingRule *)rule)->place, rule);
        break;
    case HF_SECTION_CHECKERS:
        add_named(out, spec, ((HfCheckerRule *)rule)->name,
                  &((HfCheckerRule *)rule)->place, rule);
        break;
    case HF_SECTION_FUNCTIONS:
        add_place(out, &function->place);
        add_effects(out, function->pattern, function->effects, "");
        break;
    case HF_SECTION_ANNOTATIONS:
        add_place(out, &annotation->place);
        add_effects(out, annotation->match, annotation->effects, "");
        break;
    case HF_SECTION_FIELDS:
        add_members(out, field->record, field->field, &field->place,
                    field->effects, "");
        break;
    default:
        first = slot->entry_set
            ? g_strdup_printf("{entry: %s%s}",
                              hf_word_name(spec->keys[0].words, slot->entry),
                              slot->own ? ", own: true" : "")
            : g_strdup(slot->own ? "{own: true}" : "");
        add_members(out, slot->record, slot->field, &slot->place,
                    slot->effects, first);
        g_free(first);
        break;
    }
}

static void add_contexts(GString *out, const HfContextMatrix *m)
{
    if (!m->set)
        return;
    g_string_append(out, "contexts:\n");
    for (const HfKeySpec *row = hf_context_keys; row->name; row++) {
        const char *comma = "";

        if (row->value != HF_VALUE_NONE) {
            char *const *text = (char *const *)((const char *)m + row->offset);

            if (*text) {
                g_string_append_printf(out, "  %s: ", row->name);
                add_quoted(out, *text);
                g_string_append_c(out, '\n');
            }
            continue;
        }
        g_string_append_printf(out, "  %s: {may_call: [", row->name);
        for (const HfWord *w = hf_context_words; w->word; w++) {
            if (!m->allowed[row->offset][w->value])
                continue;
            g_string_append_printf(out, "%s%s", comma, w->word);
            comma = ", ";
        }
        g_string_append(out, "]}\n");
    }
}

static void add_extract(GString *out, const HfSectionSpec *spec,
                        const HfExtractRules *extract)
{
    g_string_append(out, "extract:\n");
    for (const HfKeySpec *key = spec->keys; key->name; key++) {
        g_string_append_printf(out, "  %s: ", key->name);
        add_list(out, *(GPtrArray *const *)((const char *)extract +
                                            key->offset));
        g_string_append_c(out, '\n');
    }
}

void hf_rules_dump(const HfRules *rules, GString *out)
{
    for (const HfSectionSpec *s = hf_sections; s->name; s++) {
        GPtrArray **array = hf_rules_array((HfRules *)rules, s->id);

        if (s->id == HF_SECTION_EXTRACT)
            add_extract(out, s, &rules->extract);
        if (s->id == HF_SECTION_CONTEXT_MATRIX)
            add_contexts(out, &rules->contexts);
        if (s->id == HF_SECTION_EXEMPT_PHASES) {
            g_string_append(out, "exempt_phases: ");
            add_list(out, rules->exempt_phases);
            g_string_append_c(out, '\n');
        }
        if (!array || (*array)->len == 0)
            continue;
        g_string_append_printf(out, "%s:\n", s->name);
        for (guint i = 0; i < (*array)->len; i++)
            add_rule(out, s, g_ptr_array_index(*array, i));
    }
}
