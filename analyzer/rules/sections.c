/* SPDX-License-Identifier: MIT */
/* The sections of one file: names become rules, later ones replace. */
#include "rules/loader.h"
#include <string.h>

/* A place in a section: the name a rule gets, which may be one of several
 * that its key lists. */
typedef struct {
    const char *text;
    const HfNode *key;
} Name;

/* Put rule behind all others of its section and drop its namesake, unless
 * that is in the same file: then one of the two is a mistake. */
static gboolean add_rule(HfLoader *l, HfSectionId id, const Name *name,
                         gpointer rule)
{
    GPtrArray *array = *hf_rules_array(l->rules, id);
    const HfNamed *old = g_hash_table_lookup(l->named[id], name->text);
    HfNamed *named = g_new0(HfNamed, 1);
    gboolean ok = !old || old->place.file != name->key->place.file;
    char *quoted;

    if (!ok) {
        quoted = hf_quote(name->text);
        hf_load_fail(l, &name->key->place, "expected each name once, found %s "
                     "again (first on line %d)", quoted, old->place.line);
        g_free(quoted);
    }
    if (old)
        hf_rules_drop(l->rules, id, old->index);
    named->index = array->len;
    named->place = name->key->place;
    g_ptr_array_add(array, rule);
    g_hash_table_replace(l->named[id], g_strdup(name->text), named);
    return ok;
}

static const char *wrong_name(const char *name, HfNaming naming)
{
    const char *star;

    switch (naming) {
    case HF_NAMED_NAME:
        return hf_is_identifier(name, "") ? NULL : "a name";
    case HF_NAMED_TYPE:
        return hf_is_identifier(name, "") ? NULL
            : "the name of a record or typedef";
    case HF_NAMED_PATTERN:
        return hf_is_identifier(name, "*?") ? NULL
            : "the name of a function, with * and ?";
    case HF_NAMED_MEMBER:
    case HF_NAMED_SPELLING:
        return NULL; /* split_member(), wrong_spelling() say */
    case HF_NAMED_CHECKER:
        for (const char *p = name; *p; p++)
            if (!g_ascii_isupper(*p) && !g_ascii_isdigit(*p) && *p != '_')
                return "the name of a checker, in capitals";
        return hf_is_identifier(name, "") ? NULL
            : "the name of a checker, in capitals";
    default:
        star = strchr(name, '*');
        return *name && !(star && strchr(star + 1, '*')) ? NULL
            : "an annotation with at most one *";
    }
}

/* "Record.field" into its two parts. */
static gboolean split_member(HfLoader *l, const Name *name, char **record,
                             char **field)
{
    const char *dot = strrchr(name->text, '.');

    if (dot && hf_is_identifier(dot + 1, "*?")) {
        *record = g_strndup(name->text, dot - name->text);
        if (hf_is_identifier(*record, "*?:()")) {
            *field = g_strdup(dot + 1);
            return TRUE;
        }
        g_free(*record);
    }
    return hf_load_expected(l, name->key, "Record.field");
}

static gboolean read_capability(HfLoader *l, const Name *name,
                                const HfNode *value,
                                const HfSectionSpec *spec)
{
    HfCapRule *rule = hf_cap_rule_new(name->text);

    rule->place = name->key->place;
    return add_rule(l, spec->id, name, rule) &&
        hf_read_object(l, value, spec->keys, "a mapping", rule);
}

static gboolean read_lock_type(HfLoader *l, const Name *name,
                               const HfNode *value, const HfSectionSpec *spec)
{
    HfLockTypeRule *rule = hf_lock_type_rule_new(name->text);

    rule->place = name->key->place;
    return add_rule(l, spec->id, name, rule) &&
        hf_read_object(l, value, spec->keys, "a mapping", rule);
}

static gboolean names_lock(const HfEffectSpec *e)
{
    return e->value == HF_VALUE_CAP;
}

/* "EFFECT", "EFFECT *" or "EFFECT CAPABILITY", as the effect asks for. */
static const char *wrong_spelling(HfLoader *l, const Name *name)
{
    g_auto(GStrv) words = g_strsplit(name->text, " ", 2);
    const HfEffectSpec *e = words[0] ? hf_effect_by_name(words[0]) : NULL;

    if (!e || !(e->places & HF_ON_ANNOTATION))
        return "the name of an effect that annotations have";
    if (!names_lock(e))
        return words[1] ? "an effect alone: it names no lock" : NULL;
    if (!words[1] || (strcmp(words[1], "*") != 0 &&
                      !hf_is_identifier(words[1], "")))
        return "the effect followed by * or a capability";
    if (strcmp(words[1], "*") != 0)
        hf_load_use(l, name->key, words[1], HF_VALUE_CAP_NAME);
    return NULL;
}

static gboolean read_spelling(HfLoader *l, const Name *name,
                              const HfNode *value, const HfSectionSpec *spec)
{
    const char *expected = wrong_spelling(l, name);
    HfSpellingRule *rule;
    gboolean ok;

    if (expected)
        return hf_load_expected(l, name->key, expected);
    rule = hf_spelling_rule_new(name->text);
    rule->place = name->key->place;
    l->captures = strchr(name->text, ' ') != NULL;
    ok = add_rule(l, spec->id, name, rule) &&
        hf_read_object(l, value, spec->keys, "a mapping", rule);
    l->captures = FALSE;
    return ok;
}

static gboolean read_role(HfLoader *l, const Name *name, const HfNode *value,
                          const HfSectionSpec *spec)
{
    HfRoleRule *rule = hf_role_rule_new(name->text);

    rule->place = name->key->place;
    return add_rule(l, spec->id, name, rule) &&
        hf_read_object(l, value, spec->keys, "a mapping", rule);
}

/* Options are named too: a later file changes those it names. */
static gboolean read_checker(HfLoader *l, const Name *name,
                             const HfNode *value, const HfSectionSpec *spec)
{
    const HfNamed *old = g_hash_table_lookup(l->named[spec->id], name->text);
    HfCheckerRule *rule;

    if (old) {
        rule = g_ptr_array_index(l->rules->checkers, old->index);
    } else {
        rule = hf_checker_rule_new(name->text);
        add_rule(l, spec->id, name, rule);
    }
    rule->place = name->key->place;
    return hf_read_object(l, value, spec->keys, "a mapping", rule);
}

static gboolean read_function(HfLoader *l, const Name *name,
                              const HfNode *value, const HfSectionSpec *spec)
{
    HfFunctionRule *rule = hf_function_rule_new(name->text);

    rule->place = name->key->place;
    return add_rule(l, spec->id, name, rule) &&
        hf_read_effects(l, value, spec->places, NULL, NULL, rule->effects);
}

static gboolean read_annotation(HfLoader *l, const Name *name,
                                const HfNode *value,
                                const HfSectionSpec *spec)
{
    HfAnnotationRule *rule = hf_annotation_rule_new(name->text);
    gboolean ok;

    rule->place = name->key->place;
    l->captures = strchr(name->text, '*') != NULL;
    ok = add_rule(l, spec->id, name, rule) &&
        hf_read_effects(l, value, spec->places, NULL, NULL, rule->effects);
    l->captures = FALSE;
    return ok;
}

static gboolean read_field(HfLoader *l, const Name *name,
                           const HfNode *value, const HfSectionSpec *spec)
{
    char *record, *field;
    HfFieldRule *rule;

    if (!split_member(l, name, &record, &field))
        return FALSE;
    rule = hf_field_rule_new(record, field);
    rule->place = name->key->place;
    g_free(record);
    g_free(field);
    return add_rule(l, spec->id, name, rule) &&
        hf_read_effects(l, value, spec->places, NULL, NULL, rule->effects);
}

static gboolean read_slot(HfLoader *l, const Name *name, const HfNode *value,
                          const HfSectionSpec *spec)
{
    char *record, *field;
    HfSlotRule *rule;

    if (!split_member(l, name, &record, &field))
        return FALSE;
    rule = hf_slot_rule_new(record, field);
    rule->place = name->key->place;
    g_free(record);
    g_free(field);
    return add_rule(l, spec->id, name, rule) &&
        hf_read_effects(l, value, spec->places, spec->keys, rule,
                        rule->effects);
}

typedef gboolean (*RuleReader)(HfLoader *l, const Name *name,
                               const HfNode *value, const HfSectionSpec *spec);

static const RuleReader readers[HF_N_SECTIONS] = {
    [HF_SECTION_CAPABILITIES] = read_capability,
    [HF_SECTION_LOCK_TYPES] = read_lock_type,
    [HF_SECTION_FUNCTIONS] = read_function,
    [HF_SECTION_ANNOTATIONS] = read_annotation,
    [HF_SECTION_SPELLINGS] = read_spelling,
    [HF_SECTION_FIELDS] = read_field,
    [HF_SECTION_SLOTS] = read_slot,
    [HF_SECTION_ROLES] = read_role,
    [HF_SECTION_CHECKERS] = read_checker,
};

static gboolean read_name(HfLoader *l, const HfNode *key, const char *text,
                          const HfNode *value, const HfSectionSpec *spec)
{
    const char *expected = wrong_name(text, spec->naming);
    Name name = { text, key };

    if (expected)
        return hf_load_expected(l, key, expected);
    return readers[spec->id](l, &name, value, spec);
}

/* "a, b: effects" says the same of both. */
static gboolean read_names(HfLoader *l, const HfNode *key,
                           const HfNode *value, const HfSectionSpec *spec)
{
    char **names;
    gboolean ok = TRUE;

    if (spec->naming != HF_NAMED_PATTERN && spec->naming != HF_NAMED_MEMBER)
        return read_name(l, key, key->text, value, spec);
    names = g_strsplit(key->text, ",", -1);
    for (char **n = names; (*n || n == names) && ok; n++)
        ok = read_name(l, key, *n ? g_strstrip(*n) : "", value, spec);
    g_strfreev(names);
    return ok;
}

static gboolean read_named(HfLoader *l, const HfNode *node,
                           const HfSectionSpec *spec)
{
    if (node->kind != HF_NODE_MAP)
        return hf_load_expected(l, node, "a mapping");
    for (guint i = 0; i < node->keys->len; i++)
        if (!read_names(l, g_ptr_array_index(node->keys, i),
                        g_ptr_array_index(node->items, i), spec))
            return FALSE;
    return TRUE;
}

static gboolean read_row(HfLoader *l, const HfNode *node, gboolean *allowed)
{
    const HfNode *list;

    /* The table has one key; its value is read here as it fills a row. */
    if (node->kind != HF_NODE_MAP || node->keys->len != 1 ||
        strcmp(((HfNode *)node->keys->pdata[0])->text,
               hf_context_row_keys[0].name) != 0)
        return hf_load_expected(l, node, "a mapping with may_call");
    list = g_ptr_array_index(node->items, 0);
    if (list->kind != HF_NODE_LIST)
        return hf_load_expected(l, list, "a list of gs, io, io_or_gs");
    memset(allowed, 0, 3 * sizeof(*allowed));
    for (guint i = 0; i < list->items->len; i++) {
        int callee;

        if (!hf_read_value(l, g_ptr_array_index(list->items, i),
                           HF_VALUE_WORD, FALSE, hf_context_words, &callee))
            return FALSE;
        allowed[callee] = TRUE;
    }
    return TRUE;
}

static gboolean read_contexts(HfLoader *l, const HfNode *node,
                              const HfSectionSpec *spec)
{
    HfContextMatrix *matrix = &l->rules->contexts;

    if (node->kind != HF_NODE_MAP)
        return hf_load_expected(l, node, "a mapping");
    matrix->set = TRUE;
    for (guint i = 0; i < node->keys->len; i++) {
        const HfNode *key = g_ptr_array_index(node->keys, i);
        const HfNode *value = g_ptr_array_index(node->items, i);
        const HfKeySpec *row = hf_key_by_name(spec->keys, key->text);

        if (row && row->value == HF_VALUE_NONE) {
            if (!read_row(l, value, matrix->allowed[row->offset]))
                return FALSE;
            continue;
        }
        if (row) {
            if (!hf_read_key(l, value, row, matrix))
                return FALSE;
            continue;
        }
        return hf_unknown_key(l, key, spec->keys);
    }
    return TRUE;
}

static gboolean read_profile_name(HfLoader *l, const HfNode *node,
                                  const char *expected)
{
    char *name = NULL;
    gboolean ok = hf_read_value(l, node, HF_VALUE_PROFILE, FALSE, NULL, &name);

    if (ok && expected && strcmp(name, expected) != 0)
        ok = hf_load_fail(l, &node->place, "expected profile '%s' as the "
                          "file's name says, found '%s'", expected, name);
    if (ok && l->stack->len <= 1) {
        g_free(l->rules->profile);
        l->rules->profile = g_steal_pointer(&name);
    }
    g_free(name);
    return ok;
}

static gboolean read_includes(HfLoader *l, const HfNode *node)
{
    if (node->kind != HF_NODE_LIST)
        return hf_load_include(l, node);
    for (guint i = 0; i < node->items->len; i++)
        if (!hf_load_include(l, g_ptr_array_index(node->items, i)))
            return FALSE;
    return TRUE;
}

static gboolean read_section(HfLoader *l, const HfNode *node,
                             const HfSectionSpec *spec, const char *profile)
{
    char *text = NULL;
    gboolean ok;

    switch (spec->kind) {
    case HF_SECTION_OBJECT:
        return hf_read_object(l, node, spec->keys, "a mapping",
                              &l->rules->extract);
    case HF_SECTION_NAMED:
    case HF_SECTION_EFFECTS:
        return read_named(l, node, spec);
    case HF_SECTION_CONTEXTS:
        return read_contexts(l, node, spec);
    default:
        break;
    }
    switch (spec->id) {
    case HF_SECTION_PROFILE:
        return read_profile_name(l, node, profile);
    case HF_SECTION_INCLUDE:
        return TRUE; /* was read first */
    case HF_SECTION_EXEMPT_PHASES:
        return hf_read_value(l, node, spec->value, spec->list, NULL,
                             &l->rules->exempt_phases);
    default:
        ok = hf_read_value(l, node, spec->value, spec->list, NULL, &text);
        g_free(text);
        return ok;
    }
}

static const HfSectionSpec *section_by_name(const char *name)
{
    for (const HfSectionSpec *s = hf_sections; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

static gboolean unknown_section(HfLoader *l, const HfNode *key)
{
    GPtrArray *names = g_ptr_array_new();

    for (const HfSectionSpec *s = hf_sections; s->name; s++)
        g_ptr_array_add(names, (char *)s->name);
    return hf_load_unknown(l, key, "a section", names);
}

gboolean hf_read_sections(HfLoader *l, const HfNode *root,
                          const char *expected_profile)
{
    if (root->kind != HF_NODE_MAP)
        return hf_load_expected(l, root, "a mapping of sections");
    for (guint i = 0; i < root->keys->len; i++) {
        const HfNode *key = g_ptr_array_index(root->keys, i);
        const HfSectionSpec *spec = section_by_name(key->text);

        if (!spec)
            return unknown_section(l, key);
        if (spec->id == HF_SECTION_INCLUDE &&
            !read_includes(l, g_ptr_array_index(root->items, i)))
            return FALSE;
    }
    for (guint i = 0; i < root->keys->len; i++) {
        const HfNode *key = g_ptr_array_index(root->keys, i);

        if (!read_section(l, g_ptr_array_index(root->items, i),
                          section_by_name(key->text), expected_profile))
            return FALSE;
    }
    return TRUE;
}
