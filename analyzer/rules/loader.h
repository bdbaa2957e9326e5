/* SPDX-License-Identifier: MIT */
/*
 * loader.h - what the files of the loader share.
 *
 * Private to the rules library.  The way of a file: yaml.c makes a tree,
 * load.c finds profiles and follows includes, sections.c walks the sections,
 * value.c reads values by the tables of keys.h, and load.c finally checks
 * the names that rules use of one another.
 */
#ifndef HOLDFAST_RULES_LOADER_H
#define HOLDFAST_RULES_LOADER_H

#include "rules/keys.h"
#include "rules/message.h"
#include "rules/yaml.h"

/* A set of patterns, last match wins. See index.c. */
typedef struct HfPatternIndex HfPatternIndex;

/* HfRules as the library sees it; pub comes first, so that one casts to the
 * other. */
typedef struct {
    HfRules pub;
    HfPatternIndex *functions;
    HfPatternIndex *annotations;
    HfPatternIndex *fields;
    HfPatternIndex *slots;
    GHashTable *checkers; /* char* -> HfCheckerRule* */
} HfRulesAll;

/* A name one rule uses of another, checked when everything is read. */
typedef struct {
    char *name;
    HfValueKind kind; /* HF_VALUE_CAP_NAME or HF_VALUE_ROLE_NAME */
    HfRulePlace place;
} HfNameUse;

/* A name that has a rule, and where that is in the section's array. */
typedef struct {
    guint index;
    HfRulePlace place;
} HfNamed;

typedef struct {
    HfRules *rules;
    const char *const *search_dirs;
    GPtrArray *stack;  /* char*: profiles being read, outermost first */
    GHashTable *done;  /* char*: profiles read */
    GPtrArray *uses;   /* HfNameUse* */
    GHashTable *named[HF_N_SECTIONS]; /* char* -> HfNamed* */
    gboolean captures; /* $1 has a meaning where we are */
    guint n_effects;   /* read so far */
    GError **error;
} HfLoader;

/* Report; returns FALSE so that callers can return it. */
gboolean hf_load_fail(HfLoader *l, const HfRulePlace *at, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);
/* "expected WHAT, found <node>" */
gboolean hf_load_expected(HfLoader *l, const HfNode *node, const char *what);
/* A word, or a name, that is not among those known (transfer full): see
 * hf_expected_word() and hf_expected_name(). */
gboolean hf_load_unknown(HfLoader *l, const HfNode *key, const char *what,
                         GPtrArray *words);
gboolean hf_load_unknown_name(HfLoader *l, const HfRulePlace *at,
                              const char *found, const char *what,
                              GPtrArray *names);

/* ---- value.c ----------------------------------------------------------- */

/* Read a value of a kind into *member: int or gboolean for numbers and words,
 * char* (replaced) for texts, GPtrArray* of char* for lists (appended). */
gboolean hf_read_value(HfLoader *l, const HfNode *node, HfValueKind kind,
                       gboolean list, const HfWord *words, gpointer member);
/* Read a mapping with fixed keys into target. */
gboolean hf_read_object(HfLoader *l, const HfNode *node,
                        const HfKeySpec *keys, const char *what,
                        gpointer target);
gboolean hf_unknown_key(HfLoader *l, const HfNode *key, const HfKeySpec *keys);
/* One key of such a mapping. */
gboolean hf_read_key(HfLoader *l, const HfNode *value, const HfKeySpec *spec,
                     gpointer target);
const HfKeySpec *hf_key_by_name(const HfKeySpec *keys, const char *name);

/* node uses the name of a capability or role, to be checked in the end. */
void hf_load_use(HfLoader *l, const HfNode *node, const char *name,
                 HfValueKind kind);

/* ---- spelling.c -------------------------------------------------------- */

gboolean hf_is_identifier(const char *text, const char *also);
/* NULL when text may be a value of that kind, else what was expected. */
const char *hf_check_spelling(const char *text, HfValueKind kind,
                              gboolean captures);
/* arg0 ... arg99 and ret. */
gboolean hf_parse_arg(const char *text, int *arg);
/* "NAME, ARG" into cap, and arg or other; effect may be NULL. */
gboolean hf_parse_pair(const char *text, HfEffect *effect);
gboolean hf_parse_int(const char *text, int *number);

/* ---- effect_reader.c --------------------------------------------------- */

/* Append the effects written at node; keys (may be NULL) are other keys that
 * may stand beside them and are read into target. */
gboolean hf_read_effects(HfLoader *l, const HfNode *node, guint places,
                         const HfKeySpec *keys, gpointer target,
                         GPtrArray *effects);

/* ---- sections.c -------------------------------------------------------- */

gboolean hf_read_sections(HfLoader *l, const HfNode *root,
                          const char *expected_profile);

/* ---- load.c ------------------------------------------------------------ */

gboolean hf_load_include(HfLoader *l, const HfNode *name);
int hf_by_text(gconstpointer a, gconstpointer b); /* sorts char* arrays */

/* ---- finish.c ---------------------------------------------------------- */

void hf_name_use_free(gpointer use);
/* Check the names rules use of one another, drop what was replaced and build
 * the index. */
gboolean hf_load_finish(HfLoader *l);

/* ---- model.c ----------------------------------------------------------- */

HfRules *hf_rules_new(void);
/* The array a section fills, NULL when it fills none. */
GPtrArray **hf_rules_array(HfRules *r, HfSectionId id);
/* Free one rule and leave a gap, so that others keep their index ... */
void hf_rules_drop(HfRules *r, HfSectionId id, guint index);
/* ... until all are closed. */
void hf_rules_close_gaps(HfRules *r);
HfEffect *hf_effect_new(HfEffectKind kind);
void hf_effect_free(gpointer effect);
GPtrArray *hf_strings_new(void);
GPtrArray *hf_effects_new(void);
HfCapRule *hf_cap_rule_new(const char *name);
HfLockTypeRule *hf_lock_type_rule_new(const char *type);
HfFunctionRule *hf_function_rule_new(const char *pattern);
HfAnnotationRule *hf_annotation_rule_new(const char *match);
HfSpellingRule *hf_spelling_rule_new(const char *effect);
HfFieldRule *hf_field_rule_new(const char *record, const char *field);
HfSlotRule *hf_slot_rule_new(const char *record, const char *field);
HfRoleRule *hf_role_rule_new(const char *name);
HfIntentRule *hf_intent_rule_new(void);
HfCheckerRule *hf_checker_rule_new(const char *name);

/* ---- index.c ----------------------------------------------------------- */

/* wild: the bytes that make a pattern one; match: does pattern match text. */
HfPatternIndex *hf_pattern_index_new(const char *wild,
                                     gboolean (*match)(const char *pattern,
                                                       const char *text));
void hf_pattern_index_free(HfPatternIndex *index);
/* Patterns are added in order, each at most once; the text is copied. */
void hf_pattern_index_add(HfPatternIndex *index, const char *pattern,
                          gpointer rule);
/* Rule of the last pattern that matches, NULL when none does. */
gpointer hf_pattern_index_find(const HfPatternIndex *index, const char *text);
/* * matches any run of bytes except '.', ? any one of them. */
gboolean hf_pattern_match(const char *pattern, const char *text);
/* At most one *, which matches anything. */
gboolean hf_annotation_match(const char *pattern, const char *text);
void hf_rules_build_index(HfRules *rules);

#endif
