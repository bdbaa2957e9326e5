/* SPDX-License-Identifier: MIT */
/* The tables of keys.h as a JSON Schema. */
#include "rules/schema.h"
#include "rules/keys.h"
#include <string.h>

#define IDENTIFIER "[A-Za-z_][A-Za-z0-9_]*"
#define PATTERN "[A-Za-z_*?][A-Za-z0-9_*?]*"
#define MEMBER "[A-Za-z_*?:()][A-Za-z0-9_*?:()]*\\." PATTERN

/* A JSON text being written, two spaces a level. */
typedef struct {
    GString *out;
    int level;
    gboolean first;
} Json;

static void newline(Json *j)
{
    if (!j->first)
        g_string_append_c(j->out, ',');
    if (j->level)
        g_string_append_c(j->out, '\n');
    for (int i = 0; i < j->level; i++)
        g_string_append(j->out, "  ");
    j->first = FALSE;
}

static void add_text(Json *j, const char *text)
{
    g_string_append_c(j->out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(j->out, '\\');
        g_string_append_c(j->out, *p);
    }
    g_string_append_c(j->out, '"');
}

static void key(Json *j, const char *name)
{
    newline(j);
    if (name) {
        add_text(j, name);
        g_string_append(j->out, ": ");
    }
}

static void open(Json *j, const char *name, char bracket)
{
    key(j, name);
    g_string_append_c(j->out, bracket);
    j->level++;
    j->first = TRUE;
}

static void close(Json *j, char bracket)
{
    j->level--;
    g_string_append_c(j->out, '\n');
    for (int i = 0; i < j->level; i++)
        g_string_append(j->out, "  ");
    g_string_append_c(j->out, bracket);
    j->first = FALSE;
}

static void text(Json *j, const char *name, const char *value)
{
    key(j, name);
    add_text(j, value);
}

static void bare(Json *j, const char *name, const char *value)
{
    key(j, name);
    g_string_append(j->out, value);
}

static void pattern(Json *j, const char *regex)
{
    text(j, "type", "string");
    text(j, "pattern", regex);
}

static void words(Json *j, const HfWord *list)
{
    open(j, "enum", '[');
    for (; list->word; list++)
        text(j, NULL, list->word);
    close(j, ']');
}

static void object_body(Json *j, const HfKeySpec *keys);

static void value_body(Json *j, HfValueKind kind, const HfWord *list)
{
    switch (kind) {
    case HF_VALUE_NAME:
    case HF_VALUE_CAP_NAME:
    case HF_VALUE_ROLE_NAME:
        pattern(j, "^" IDENTIFIER "$");
        break;
    case HF_VALUE_PATTERN:
        pattern(j, "^" PATTERN "$");
        break;
    case HF_VALUE_DEFINE:
        pattern(j, "^" IDENTIFIER "(\\([A-Za-z0-9_., ]*\\))?(=.*)?$");
        break;
    case HF_VALUE_CAP:
        pattern(j, "^[^\\s|]([^\\n\\t]*[^\\s|])?$");
        break;
    case HF_VALUE_CAP_NAMES_OR:
        pattern(j, "^" IDENTIFIER "(\\|" IDENTIFIER ")*$");
        break;
    case HF_VALUE_PROFILE:
        pattern(j, "^[A-Za-z_-][A-Za-z0-9_-]*$");
        break;
    case HF_VALUE_ARG:
        pattern(j, "^(arg[0-9][0-9]?|ret)$");
        break;
    case HF_VALUE_PAIR:
        pattern(j, "^(" IDENTIFIER ", *" IDENTIFIER "|\\$1)$");
        break;
    case HF_VALUE_INT:
        text(j, "type", "integer");
        break;
    case HF_VALUE_BOOL:
        text(j, "type", "boolean");
        break;
    case HF_VALUE_TRUE:
        bare(j, "const", "true");
        break;
    case HF_VALUE_WORD:
        words(j, list);
        break;
    case HF_VALUE_OPTIONS:
        text(j, "type", "object");
        open(j, "additionalProperties", '{');
        bare(j, "type", "[\"string\", \"number\", \"boolean\"]");
        close(j, '}');
        break;
    case HF_VALUE_INTENTS:
        text(j, "type", "array");
        open(j, "items", '{');
        object_body(j, hf_intent_keys);
        close(j, '}');
        break;
    default:
        text(j, "type", "string");
        bare(j, "minLength", "1");
        break;
    }
}

/* Alternatives of one scalar value, as members of an anyOf. */
static void scalar_choices(Json *j, HfValueKind kind, const HfWord *list)
{
    if (kind == HF_VALUE_RANK) {
        open(j, NULL, '{');
        text(j, "type", "integer");
        close(j, '}');
    }
    if (kind == HF_VALUE_TRUE_OR_NAME) {
        open(j, NULL, '{');
        bare(j, "const", "true");
        close(j, '}');
    }
    open(j, NULL, '{');
    if (kind == HF_VALUE_RANK)
        pattern(j, "^(" IDENTIFIER "|\\$1)$");
    else if (kind == HF_VALUE_TRUE_OR_NAME)
        pattern(j, "^(" PATTERN "|\\$1)$");
    else
        value_body(j, kind, list);
    close(j, '}');
}

static void key_value(Json *j, const HfKeySpec *spec)
{
    open(j, spec->name, '{');
    text(j, "description", spec->help);
    if (spec->list) {
        open(j, "anyOf", '[');
        scalar_choices(j, spec->value, spec->words);
        open(j, NULL, '{');
        text(j, "type", "array");
        open(j, "items", '{');
        value_body(j, spec->value, spec->words);
        close(j, '}');
        close(j, '}');
        close(j, ']');
    } else {
        value_body(j, spec->value, spec->words);
    }
    close(j, '}');
}

static void object_body(Json *j, const HfKeySpec *keys)
{
    gboolean any = FALSE;

    text(j, "type", "object");
    open(j, "properties", '{');
    for (const HfKeySpec *k = keys; k->name; k++)
        key_value(j, k);
    close(j, '}');
    for (const HfKeySpec *k = keys; k->name; k++)
        any = any || k->required;
    if (any) {
        open(j, "required", '[');
        for (const HfKeySpec *k = keys; k->name; k++)
            if (k->required)
                text(j, NULL, k->name);
        close(j, ']');
    }
    bare(j, "additionalProperties", "false");
}

static void occurrence_choices(Json *j, const HfEffectSpec *spec)
{
    if (spec->value != HF_VALUE_NONE)
        scalar_choices(j, spec->value, NULL);
    if (spec->keys) {
        open(j, NULL, '{');
        object_body(j, spec->keys);
        close(j, '}');
    }
}

/* One occurrence, or a list of them. */
static void effect_definition(Json *j, const HfEffectSpec *spec)
{
    char *name = g_strconcat("effect_", spec->name, NULL);

    open(j, name, '{');
    text(j, "description", spec->help);
    open(j, "anyOf", '[');
    occurrence_choices(j, spec);
    open(j, NULL, '{');
    text(j, "type", "array");
    bare(j, "minItems", "1");
    open(j, "items", '{');
    open(j, "anyOf", '[');
    occurrence_choices(j, spec);
    close(j, ']');
    close(j, '}');
    close(j, '}');
    close(j, ']');
    close(j, '}');
    g_free(name);
}

static void effects_definition(Json *j, const HfSectionSpec *section)
{
    char *name = g_strconcat("effects_of_", section->name, NULL);

    open(j, name, '{');
    text(j, "type", "object");
    open(j, "properties", '{');
    for (const HfKeySpec *k = section->keys; k && k->name; k++)
        key_value(j, k);
    for (const HfEffectSpec *e = hf_effects; e->name; e++) {
        char *ref = g_strconcat("#/$defs/effect_", e->name, NULL);

        if (e->places & section->places) {
            open(j, e->name, '{');
            text(j, "$ref", ref);
            close(j, '}');
        }
        g_free(ref);
    }
    close(j, '}');
    bare(j, "additionalProperties", "false");
    close(j, '}');
    g_free(name);
}

static const char *naming_regex(HfNaming naming)
{
    switch (naming) {
    case HF_NAMED_PATTERN:
        return "^" PATTERN "(,\\s*" PATTERN ")*$";
    case HF_NAMED_ANNOTATION:
        return "^[^*]*\\*?[^*]*$";
    case HF_NAMED_MEMBER:
        return "^" MEMBER "(,\\s*" MEMBER ")*$";
    case HF_NAMED_CHECKER:
        return "^[A-Z_][A-Z0-9_]*$";
    case HF_NAMED_SPELLING:
        return "^" IDENTIFIER "( (\\*|" IDENTIFIER "))?$";
    default:
        return "^" IDENTIFIER "$";
    }
}

static void named_body(Json *j, const HfSectionSpec *s)
{
    char *ref = g_strconcat("#/$defs/effects_of_", s->name, NULL);

    text(j, "type", "object");
    open(j, "patternProperties", '{');
    open(j, naming_regex(s->naming), '{');
    if (s->kind == HF_SECTION_NAMED) {
        object_body(j, s->keys);
    } else {
        open(j, "anyOf", '[');
        open(j, NULL, '{');
        text(j, "$ref", ref);
        close(j, '}');
        open(j, NULL, '{');
        text(j, "type", "array");
        open(j, "items", '{');
        text(j, "$ref", ref);
        close(j, '}');
        close(j, '}');
        close(j, ']');
    }
    close(j, '}');
    close(j, '}');
    bare(j, "additionalProperties", "false");
    g_free(ref);
}

static void contexts_body(Json *j, const HfSectionSpec *s)
{
    text(j, "type", "object");
    open(j, "properties", '{');
    for (const HfKeySpec *k = s->keys; k->name; k++) {
        if (k->value != HF_VALUE_NONE) {
            key_value(j, k);
            continue;
        }
        open(j, k->name, '{');
        text(j, "description", k->help);
        object_body(j, hf_context_row_keys);
        close(j, '}');
    }
    close(j, '}');
    bare(j, "additionalProperties", "false");
}

static void section(Json *j, const HfSectionSpec *s)
{
    HfKeySpec value = {
        .name = s->name, .value = s->value, .list = s->list, .help = s->help,
    };

    if (s->kind == HF_SECTION_VALUE) {
        key_value(j, &value);
        return;
    }
    open(j, s->name, '{');
    text(j, "description", s->help);
    if (s->kind == HF_SECTION_OBJECT)
        object_body(j, s->keys);
    else if (s->kind == HF_SECTION_CONTEXTS)
        contexts_body(j, s);
    else
        named_body(j, s);
    close(j, '}');
}

void hf_rules_schema(GString *out)
{
    Json j = { out, 0, TRUE };

    open(&j, NULL, '{');
    text(&j, "$schema", "https://json-schema.org/draft/2020-12/schema");
    text(&j, "title", "Holdfast rules profile");
    text(&j, "type", "object");
    open(&j, "properties", '{');
    for (const HfSectionSpec *s = hf_sections; s->name; s++)
        section(&j, s);
    close(&j, '}');
    bare(&j, "additionalProperties", "false");
    open(&j, "$defs", '{');
    for (const HfSectionSpec *s = hf_sections; s->name; s++)
        if (s->kind == HF_SECTION_EFFECTS)
            effects_definition(&j, s);
    for (const HfEffectSpec *e = hf_effects; e->name; e++)
        effect_definition(&j, e);
    close(&j, '}');
    close(&j, '}');
    g_string_append_c(out, '\n');
}
