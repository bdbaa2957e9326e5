/* SPDX-License-Identifier: MIT */
/* The tables of keys.h as Markdown for rules/README.md. */
#include "rules/schema.h"
#include "rules/keys.h"
#include <string.h>

/* '|' would end the cell. */
static void add_cell(GString *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
}

static void add_words(GString *out, const HfWord *words)
{
    for (const HfWord *w = words; w->word; w++)
        g_string_append_printf(out, "%s`%s`", w == words ? "" : ", ", w->word);
}

static void add_value(GString *out, HfValueKind kind, gboolean list,
                      const HfWord *words)
{
    if (kind == HF_VALUE_WORD)
        add_words(out, words);
    else
        add_cell(out, hf_value_kind_text(kind));
    if (list)
        g_string_append(out, ", or a list");
}

static void add_key(GString *out, const char *section, const HfKeySpec *k)
{
    g_string_append_printf(out, "| `%s.%s` | ", section, k->name);
    if (k->value == HF_VALUE_NONE)
        g_string_append(out, "`{may_call: [...]}`");
    else
        add_value(out, k->value, k->list, k->words);
    g_string_append(out, k->required ? ", required | " : " | ");
    add_cell(out, k->help);
    g_string_append(out, " |\n");
}

static const char *naming_text(HfNaming naming)
{
    switch (naming) {
    case HF_NAMED_PATTERN:
        return "functions, with * and ?, separated by commas";
    case HF_NAMED_ANNOTATION:
        return "annotation, with one *";
    case HF_NAMED_MEMBER:
        return "Record.field, with * and ?, separated by commas";
    case HF_NAMED_TYPE:
        return "type";
    case HF_NAMED_CHECKER:
        return "CHECKER";
    case HF_NAMED_SPELLING:
        return "effect, then a capability or *";
    default:
        return "name";
    }
}

static void add_section(GString *out, const HfSectionSpec *s)
{
    char *path = s->kind == HF_SECTION_NAMED || s->kind == HF_SECTION_EFFECTS
        ? g_strdup_printf("%s.NAME", s->name) : g_strdup(s->name);

    g_string_append_printf(out, "| `%s` | ", s->name);
    if (s->kind == HF_SECTION_VALUE)
        add_value(out, s->value, s->list, NULL);
    else if (s->kind == HF_SECTION_NAMED)
        g_string_append_printf(out, "mapping, by %s", naming_text(s->naming));
    else if (s->kind == HF_SECTION_EFFECTS)
        g_string_append_printf(out, "effects, by %s", naming_text(s->naming));
    else
        g_string_append(out, "mapping");
    g_string_append(out, " | ");
    add_cell(out, s->help);
    g_string_append(out, " |\n");
    for (const HfKeySpec *k = s->keys; k && k->name; k++)
        add_key(out, path, k);
    g_free(path);
}

static void add_places(GString *out, guint places)
{
    const char *comma = "";

    for (const HfSectionSpec *s = hf_sections; s->name; s++) {
        if (s->kind != HF_SECTION_EFFECTS || !(s->places & places))
            continue;
        g_string_append_printf(out, "%s%s", comma, s->name);
        comma = ", ";
    }
}

static void add_effect(GString *out, const HfEffectSpec *e)
{
    g_string_append_printf(out, "| `%s` | ", e->name);
    if (e->value != HF_VALUE_NONE)
        add_cell(out, hf_value_kind_text(e->value));
    if (e->keys) {
        g_string_append(out, e->value != HF_VALUE_NONE ? ", or `{" : "`{");
        for (const HfKeySpec *k = e->keys; k->name; k++)
            g_string_append_printf(out, "%s%s", k == e->keys ? "" : ", ",
                                   k->name);
        g_string_append(out, "}`");
    }
    g_string_append(out, " | ");
    add_places(out, e->places);
    g_string_append(out, " | ");
    add_cell(out, e->help);
    g_string_append(out, " |\n");
}

void hf_rules_key_tables(GString *out)
{
    g_string_append(out, "### Sections\n\n"
                    "| key | value | meaning |\n| --- | --- | --- |\n");
    for (const HfSectionSpec *s = hf_sections; s->name; s++)
        add_section(out, s);
    g_string_append(out, "\n### Effects\n\n"
                    "| effect | value | allowed in | meaning |\n"
                    "| --- | --- | --- | --- |\n");
    for (const HfEffectSpec *e = hf_effects; e->name; e++)
        add_effect(out, e);
    g_string_append(out, "\n### Mappings inside effects\n\n"
                    "| key | value | meaning |\n| --- | --- | --- |\n");
    for (const HfEffectSpec *e = hf_effects; e->name; e++) {
        /* Effects that share a table are listed once. */
        const HfEffectSpec *same = hf_effects;

        while (e->keys && same->keys != e->keys)
            same++;
        for (const HfKeySpec *k = e->keys; k && k->name && same == e; k++)
            add_key(out, e->name, k);
    }
    g_string_append(out, "\n### Intentional findings\n\n"
                    "| key | value | meaning |\n| --- | --- | --- |\n");
    for (const HfKeySpec *k = hf_intent_keys; k->name; k++)
        add_key(out, "intentional", k);
}
