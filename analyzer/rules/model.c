/* SPDX-License-Identifier: MIT */
/* Making and freeing the parts of HfRules. */
#include "rules/loader.h"

GPtrArray *hf_strings_new(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

GPtrArray *hf_effects_new(void)
{
    return g_ptr_array_new_with_free_func(hf_effect_free);
}

HfEffect *hf_effect_new(HfEffectKind kind)
{
    HfEffect *e = g_new0(HfEffect, 1);

    e->kind = kind;
    e->arg = -1;
    e->data_arg = HF_ARG_NONE;
    e->handle_arg = HF_ARG_NONE;
    e->loop_arg = HF_ARG_NONE;
    e->size_arg = HF_ARG_NONE;
    e->count_arg = HF_ARG_NONE;
    e->holds = hf_strings_new();
    return e;
}

void hf_effect_free(gpointer data)
{
    HfEffect *e = data;

    if (!e)
        return;
    g_free(e->cap);
    g_free(e->other);
    g_free(e->role);
    g_ptr_array_unref(e->holds);
    g_free(e);
}

HfCapRule *hf_cap_rule_new(const char *name)
{
    HfCapRule *r = g_new0(HfCapRule, 1);

    r->name = g_strdup(name);
    r->spellings = hf_strings_new();
    r->implies = hf_strings_new();
    r->called = hf_strings_new();
    return r;
}

static void cap_rule_free(gpointer data)
{
    HfCapRule *r = data;

    if (!r)
        return;
    g_free(r->name);
    g_free(r->description);
    g_ptr_array_unref(r->spellings);
    g_ptr_array_unref(r->implies);
    g_ptr_array_unref(r->called);
    g_free(r);
}

HfLockTypeRule *hf_lock_type_rule_new(const char *type)
{
    HfLockTypeRule *r = g_new0(HfLockTypeRule, 1);

    r->type = g_strdup(type);
    return r;
}

static void lock_type_rule_free(gpointer data)
{
    HfLockTypeRule *r = data;

    if (!r)
        return;
    g_free(r->type);
    g_free(r->stands_for);
    g_free(r);
}

HfFunctionRule *hf_function_rule_new(const char *pattern)
{
    HfFunctionRule *r = g_new0(HfFunctionRule, 1);

    r->pattern = g_strdup(pattern);
    r->effects = hf_effects_new();
    return r;
}

static void function_rule_free(gpointer data)
{
    HfFunctionRule *r = data;

    if (!r)
        return;
    g_free(r->pattern);
    g_ptr_array_unref(r->effects);
    g_free(r);
}

HfAnnotationRule *hf_annotation_rule_new(const char *match)
{
    HfAnnotationRule *r = g_new0(HfAnnotationRule, 1);

    r->match = g_strdup(match);
    r->effects = hf_effects_new();
    return r;
}

static void annotation_rule_free(gpointer data)
{
    HfAnnotationRule *r = data;

    if (!r)
        return;
    g_free(r->match);
    g_ptr_array_unref(r->effects);
    g_free(r);
}

HfSpellingRule *hf_spelling_rule_new(const char *effect)
{
    HfSpellingRule *r = g_new0(HfSpellingRule, 1);

    r->effect = g_strdup(effect);
    return r;
}

static void spelling_rule_free(gpointer data)
{
    HfSpellingRule *r = data;

    if (!r)
        return;
    g_free(r->effect);
    g_free(r->before);
    g_free(r->after);
    g_free(r->body);
    g_free(r->include);
    g_free(r);
}

HfFieldRule *hf_field_rule_new(const char *record, const char *field)
{
    HfFieldRule *r = g_new0(HfFieldRule, 1);

    r->record = g_strdup(record);
    r->field = g_strdup(field);
    r->effects = hf_effects_new();
    return r;
}

static void field_rule_free(gpointer data)
{
    HfFieldRule *r = data;

    if (!r)
        return;
    g_free(r->record);
    g_free(r->field);
    g_ptr_array_unref(r->effects);
    g_free(r);
}

HfSlotRule *hf_slot_rule_new(const char *record, const char *field)
{
    HfSlotRule *r = g_new0(HfSlotRule, 1);

    r->record = g_strdup(record);
    r->field = g_strdup(field);
    r->effects = hf_effects_new();
    return r;
}

static void slot_rule_free(gpointer data)
{
    HfSlotRule *r = data;

    if (!r)
        return;
    g_free(r->record);
    g_free(r->field);
    g_ptr_array_unref(r->effects);
    g_free(r);
}

HfRoleRule *hf_role_rule_new(const char *name)
{
    HfRoleRule *r = g_new0(HfRoleRule, 1);

    r->name = g_strdup(name);
    r->entries = hf_strings_new();
    r->holds = hf_strings_new();
    r->alone = hf_strings_new();
    return r;
}

static void role_rule_free(gpointer data)
{
    HfRoleRule *r = data;

    if (!r)
        return;
    g_free(r->name);
    g_ptr_array_unref(r->entries);
    g_ptr_array_unref(r->holds);
    g_ptr_array_unref(r->alone);
    g_free(r);
}

HfIntentRule *hf_intent_rule_new(void)
{
    return g_new0(HfIntentRule, 1);
}

static void intent_rule_free(gpointer data)
{
    HfIntentRule *r = data;

    g_free(r->function);
    g_free(r->field);
    g_free(r->reason);
    g_free(r);
}

const char *hf_intent_code(const HfIntentRule *rule)
{
    return hf_word_name(hf_intent_words, rule->code);
}

HfCheckerRule *hf_checker_rule_new(const char *name)
{
    HfCheckerRule *r = g_new0(HfCheckerRule, 1);

    r->name = g_strdup(name);
    r->enabled = TRUE;
    r->options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    r->intentional = g_ptr_array_new_with_free_func(intent_rule_free);
    return r;
}

static void checker_rule_free(gpointer data)
{
    HfCheckerRule *r = data;

    if (!r)
        return;
    g_free(r->name);
    g_hash_table_unref(r->options);
    g_ptr_array_unref(r->intentional);
    g_free(r);
}

/* The arrays of rules, by the section that fills them. */
static const struct {
    gsize array;
    GDestroyNotify free;
} arrays[HF_N_SECTIONS] = {
    [HF_SECTION_CAPABILITIES] = {
        G_STRUCT_OFFSET(HfRules, caps), cap_rule_free },
    [HF_SECTION_LOCK_TYPES] = {
        G_STRUCT_OFFSET(HfRules, lock_types), lock_type_rule_free },
    [HF_SECTION_FUNCTIONS] = {
        G_STRUCT_OFFSET(HfRules, functions), function_rule_free },
    [HF_SECTION_ANNOTATIONS] = {
        G_STRUCT_OFFSET(HfRules, annotations), annotation_rule_free },
    [HF_SECTION_SPELLINGS] = {
        G_STRUCT_OFFSET(HfRules, spellings), spelling_rule_free },
    [HF_SECTION_FIELDS] = {
        G_STRUCT_OFFSET(HfRules, fields), field_rule_free },
    [HF_SECTION_SLOTS] = {
        G_STRUCT_OFFSET(HfRules, slots), slot_rule_free },
    [HF_SECTION_ROLES] = {
        G_STRUCT_OFFSET(HfRules, roles), role_rule_free },
    [HF_SECTION_CHECKERS] = {
        G_STRUCT_OFFSET(HfRules, checkers), checker_rule_free },
};

GPtrArray **hf_rules_array(HfRules *r, HfSectionId id)
{
    return arrays[id].free ? (GPtrArray **)((char *)r + arrays[id].array)
                           : NULL;
}

void hf_rules_drop(HfRules *r, HfSectionId id, guint index)
{
    GPtrArray *array = *hf_rules_array(r, id);

    arrays[id].free(array->pdata[index]);
    array->pdata[index] = NULL;
}

void hf_rules_close_gaps(HfRules *r)
{
    for (guint id = 0; id < HF_N_SECTIONS; id++) {
        GPtrArray **array = hf_rules_array(r, id);
        guint kept = 0;

        for (guint i = 0; array && i < (*array)->len; i++) {
            gpointer rule = (*array)->pdata[i];

            (*array)->pdata[i] = NULL;
            if (rule)
                (*array)->pdata[kept++] = rule;
        }
        if (array)
            g_ptr_array_set_size(*array, kept);
    }
}

HfRules *hf_rules_new(void)
{
    HfRulesAll *all = g_new0(HfRulesAll, 1);
    HfRules *r = &all->pub;

    for (guint id = 0; id < HF_N_SECTIONS; id++) {
        GPtrArray **array = hf_rules_array(r, id);

        if (array)
            *array = g_ptr_array_new_with_free_func(arrays[id].free);
    }
    r->files = hf_strings_new();
    r->extract.defines = hf_strings_new();
    r->extract.markers = hf_strings_new();
    r->extract.macro_calls = hf_strings_new();
    r->extract.noreturn = hf_strings_new();
    r->exempt_phases = hf_strings_new();
    return r;
}

void hf_rules_free(HfRules *r)
{
    HfRulesAll *all = (HfRulesAll *)r;

    if (!r)
        return;
    hf_pattern_index_free(all->functions);
    hf_pattern_index_free(all->annotations);
    hf_pattern_index_free(all->fields);
    hf_pattern_index_free(all->slots);
    g_clear_pointer(&all->checkers, g_hash_table_unref);
    for (guint id = 0; id < HF_N_SECTIONS; id++) {
        GPtrArray **array = hf_rules_array(r, id);

        if (array)
            g_ptr_array_unref(*array);
    }
    g_ptr_array_unref(r->files);
    g_ptr_array_unref(r->extract.defines);
    g_ptr_array_unref(r->extract.markers);
    g_ptr_array_unref(r->extract.macro_calls);
    g_ptr_array_unref(r->extract.noreturn);
    g_ptr_array_unref(r->exempt_phases);
    g_free(r->contexts.gs_requires);
    g_free(r->contexts.io_or_gs_requires);
    g_free(r->profile);
    g_free(all);
}
