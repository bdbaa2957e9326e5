/* SPDX-License-Identifier: MIT */
/* Questions to loaded rules; all of them only read. */
#include "rules/loader.h"
#include <string.h>
#include <xxhash.h>

const HfFunctionRule *hf_rules_function(const HfRules *rules, const char *name)
{
    return hf_pattern_index_find(((const HfRulesAll *)rules)->functions, name);
}

static gpointer find_member(const HfPatternIndex *index, const char *record,
                            const char *field)
{
    char *text = g_strconcat(record, ".", field, NULL);
    gpointer rule = hf_pattern_index_find(index, text);

    g_free(text);
    return rule;
}

const HfFieldRule *hf_rules_field(const HfRules *rules, const char *record,
                                  const char *field)
{
    return find_member(((const HfRulesAll *)rules)->fields, record, field);
}

const HfSlotRule *hf_rules_slot(const HfRules *rules, const char *record,
                                const char *field)
{
    return find_member(((const HfRulesAll *)rules)->slots, record, field);
}

const HfCheckerRule *hf_rules_checker(const HfRules *rules, const char *name)
{
    return g_hash_table_lookup(((const HfRulesAll *)rules)->checkers, name);
}

const HfSpellingRule *hf_rules_spelling(const HfRules *rules,
                                        const char *effect, const char *cap)
{
    gsize n = strlen(effect);
    const HfSpellingRule *any = NULL;

    for (guint i = 0; i < rules->spellings->len; i++) {
        const HfSpellingRule *r = g_ptr_array_index(rules->spellings, i);
        const char *lock = r->effect + n;

        if (strncmp(r->effect, effect, n) != 0 || (*lock && *lock != ' '))
            continue;
        if (!*lock || strcmp(lock, " *") == 0)
            any = r;
        else if (cap && strcmp(lock + 1, cap) == 0)
            return r;
    }
    return any;
}

/* ---- what annotations mean --------------------------------------------- */

/* pattern with every $1 replaced. */
static char *substitute(const char *pattern, const char *text, gsize len)
{
    GString *out = g_string_new(NULL);
    const char *at;

    while ((at = strstr(pattern, "$1"))) {
        g_string_append_len(out, pattern, at - pattern);
        g_string_append_len(out, text, len);
        pattern = at + 2;
    }
    g_string_append(out, pattern);
    return g_string_free(out, FALSE);
}

static void replace_text(char **member, const char *text)
{
    char *old = *member;

    if (old && strstr(old, "$1")) {
        *member = substitute(old, text, strlen(text));
        g_free(old);
    }
}

static gboolean is_pair(const HfEffect *e)
{
    return e->kind == HF_EFF_PAIR_OPEN || e->kind == HF_EFF_PAIR_CLOSE;
}

static HfEffect *copy_effect(const HfEffect *from, const char *capture)
{
    HfEffect *e = hf_effect_new(from->kind);
    GPtrArray *holds = e->holds;

    *e = *from;
    e->holds = holds;
    for (guint i = 0; i < from->holds->len; i++)
        g_ptr_array_add(holds, g_strdup(from->holds->pdata[i]));
    e->cap = g_strdup(from->cap);
    e->role = g_strdup(from->role);
    e->other = g_strdup(from->other);
    replace_text(&e->other, capture);
    if (e->kind == HF_EFF_RANK && e->other &&
        hf_parse_int(e->other, &e->arg))
        g_clear_pointer(&e->other, g_free);
    if (is_pair(e) && strcmp(e->cap, "$1") == 0 && !hf_parse_pair(capture, e))
        replace_text(&e->cap, capture);
    return e;
}

/* Length of the text up to the next comma outside brackets. */
static gsize part_length(const char *text)
{
    int depth = 0;
    gsize n;

    for (n = 0; text[n]; n++) {
        if (text[n] == '(' || text[n] == '[' || text[n] == '{')
            depth++;
        else if (text[n] == ')' || text[n] == ']' || text[n] == '}')
            depth--;
        else if (text[n] == ',' && depth <= 0)
            break;
    }
    return n;
}

/* requires_capability(a, b) asks for both: one effect each.  Nothing between
 * the brackets means the object the annotation is written on; of nothing no
 * longer expression can be made. */
static void add_by_parts(GPtrArray *effects, const HfEffect *from,
                         const char *capture)
{
    const char *at = *capture ? capture : "this";

    if (!*capture && strcmp(from->cap, "$1") != 0)
        return;
    for (;;) {
        gsize n = part_length(at);
        char *part = g_strstrip(g_strndup(at, n));

        if (*part) {
            HfEffect *e = copy_effect(from, capture);

            replace_text(&e->cap, part);
            g_ptr_array_add(effects, e);
        }
        g_free(part);
        if (!at[n])
            break;
        at += n + 1;
    }
}

GPtrArray *hf_rules_annotation(const HfRules *rules, const char *text)
{
    const HfAnnotationRule *rule =
        hf_pattern_index_find(((const HfRulesAll *)rules)->annotations, text);
    GPtrArray *effects = hf_effects_new();
    const char *star = rule ? strchr(rule->match, '*') : NULL;
    char *capture;

    if (!rule)
        return effects;
    capture = star
        ? g_strndup(text + (star - rule->match),
                    strlen(text) - strlen(rule->match) + 1)
        : g_strdup("");
    g_strstrip(capture);
    for (guint i = 0; i < rule->effects->len; i++) {
        const HfEffect *e = g_ptr_array_index(rule->effects, i);

        if (e->cap && strstr(e->cap, "$1") && !is_pair(e))
            add_by_parts(effects, e, capture);
        else
            g_ptr_array_add(effects, copy_effect(e, capture));
    }
    g_free(capture);
    return effects;
}

/* ---- digest ------------------------------------------------------------ */

/* Each list with its length, each text with its terminator, so that no two
 * sets of lists give the same bytes. */
static void add_texts(GByteArray *bytes, GPtrArray *texts, gboolean ordered)
{
    GPtrArray *copy = g_ptr_array_sized_new(texts->len);
    guint32 n = GUINT32_TO_LE(texts->len);

    for (guint i = 0; i < texts->len; i++)
        g_ptr_array_add(copy, texts->pdata[i]);
    if (!ordered)
        g_ptr_array_sort(copy, hf_by_text);
    g_byte_array_append(bytes, (const guint8 *)&n, sizeof(n));
    for (guint i = 0; i < copy->len; i++)
        g_byte_array_append(bytes, copy->pdata[i],
                            strlen(copy->pdata[i]) + 1);
    g_ptr_array_unref(copy);
}

void hf_rules_extract_digest(const HfRules *rules, uint8_t digest[16])
{
    GByteArray *bytes = g_byte_array_new();
    XXH128_canonical_t canonical;

    add_texts(bytes, rules->extract.defines, TRUE);
    add_texts(bytes, rules->extract.markers, FALSE);
    add_texts(bytes, rules->extract.macro_calls, FALSE);
    add_texts(bytes, rules->extract.noreturn, FALSE);
    XXH128_canonicalFromHash(&canonical,
                             XXH3_128bits(bytes->data, bytes->len));
    memcpy(digest, canonical.digest, 16);
    g_byte_array_unref(bytes);
}
