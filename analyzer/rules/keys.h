/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the format of a rules file as tables.
 *
 * Private to the rules library.  The loader, its error messages, the dump,
 * the JSON Schema and the table in rules/README.md are all read off these
 * tables, so that a new key is one line here.
 */
#ifndef HOLDFAST_RULES_KEYS_H
#define HOLDFAST_RULES_KEYS_H

#include "rules/rules.h"

/* What a value may look like. */
typedef enum {
    HF_VALUE_NONE,
    HF_VALUE_STRING,   /* any text */
    HF_VALUE_NAME,     /* a C identifier */
    HF_VALUE_PATTERN,  /* a C identifier with * and ? */
    HF_VALUE_DEFINE,   /* NAME or NAME=VALUE */
    HF_VALUE_CAP,      /* a capability expression */
    HF_VALUE_CAP_NAME, /* the name of a declared capability */
    HF_VALUE_CAP_NAMES_OR, /* such names joined by | */
    HF_VALUE_ROLE_NAME, /* a declared role or capability of kind role */
    HF_VALUE_PROFILE,  /* the name of a profile */
    HF_VALUE_ARG,      /* arg0 ... arg99, ret */
    HF_VALUE_INT,
    HF_VALUE_RANK,     /* an integer, or the name of one */
    HF_VALUE_PAIR,     /* NAME, ARG: a declared pair and what it is about */
    HF_VALUE_BOOL,
    HF_VALUE_TRUE,     /* only true makes sense */
    HF_VALUE_TRUE_OR_NAME, /* true, or a pattern of a name */
    HF_VALUE_WORD,     /* one of HfKeySpec.words */
    HF_VALUE_OPTIONS,  /* mapping of text to text */
    HF_VALUE_INTENTS,  /* list of mappings by hf_intent_keys */
} HfValueKind;

typedef struct {
    const char *word;
    int value;
} HfWord;

/* One key of a mapping whose keys are fixed. */
typedef struct {
    const char *name;
    HfValueKind value;
    gboolean list;      /* one such value or a list of them */
    gboolean required;
    gsize offset;       /* of the member it fills in the rule */
    gsize seen;         /* of a gboolean set when the key is there, 0 none */
    const HfWord *words;
    const char *help;
} HfKeySpec;

extern const HfKeySpec hf_intent_keys[];
extern const HfWord hf_intent_words[];

/* Where an effect may be written. */
typedef enum {
    HF_ON_FUNCTION = 1u << 0,
    HF_ON_FIELD = 1u << 1,
    HF_ON_SLOT = 1u << 2,
    HF_ON_ANNOTATION = 1u << 3,
} HfEffectPlaces;

/*
 * One effect key.  Its value is written short (`acquire: arg0`), as a mapping
 * (`try_acquire: {lock: arg0, when: zero}`), or as a list of either when the
 * effect occurs more than once.
 */
typedef struct {
    const char *name;
    HfEffectKind kind;
    guint places;
    HfValueKind value;     /* short form, HF_VALUE_NONE: none */
    gsize offset;          /* of the HfEffect member the short form fills */
    const HfKeySpec *keys; /* mapping form, NULL: none */
    int default_arg;
    const char *help;
} HfEffectSpec;

typedef enum {
    HF_SECTION_VALUE,   /* a value or list of values, by HfSectionSpec.value */
    HF_SECTION_OBJECT,  /* fixed keys */
    HF_SECTION_NAMED,   /* names of the writer's choice, each an object */
    HF_SECTION_EFFECTS, /* names of the writer's choice, each with effects */
    HF_SECTION_CONTEXTS,
} HfSectionKind;

typedef enum {
    HF_SECTION_PROFILE,
    HF_SECTION_DESCRIPTION,
    HF_SECTION_INCLUDE,
    HF_SECTION_EXTRACT,
    HF_SECTION_CAPABILITIES,
    HF_SECTION_LOCK_TYPES,
    HF_SECTION_FUNCTIONS,
    HF_SECTION_ANNOTATIONS,
    HF_SECTION_SPELLINGS,
    HF_SECTION_FIELDS,
    HF_SECTION_SLOTS,
    HF_SECTION_ROLES,
    HF_SECTION_CONTEXT_MATRIX,
    HF_SECTION_CHECKERS,
    HF_SECTION_EXEMPT_PHASES,
    HF_N_SECTIONS,
} HfSectionId;

/* How the names of a NAMED or EFFECTS section are spelled. */
typedef enum {
    HF_NAMED_NAME,        /* a C identifier */
    HF_NAMED_TYPE,        /* the same, of a type */
    HF_NAMED_PATTERN,     /* with * and ? */
    HF_NAMED_ANNOTATION,  /* any text with at most one * */
    HF_NAMED_MEMBER,      /* Record.field, both with * and ? */
    HF_NAMED_CHECKER,     /* upper case */
    HF_NAMED_SPELLING,    /* an effect, perhaps with a capability or * */
} HfNaming;

typedef struct {
    const char *name;
    HfSectionId id;
    HfSectionKind kind;
    HfValueKind value;     /* VALUE */
    gboolean list;         /* VALUE */
    const HfKeySpec *keys; /* OBJECT, NAMED; EFFECTS: keys beside effects */
    HfNaming naming;       /* NAMED, EFFECTS */
    guint places;          /* EFFECTS: which effects */
    const char *help;
} HfSectionSpec;

/* All end in a row whose name is NULL. */
extern const HfSectionSpec hf_sections[];
extern const HfEffectSpec hf_effects[];
extern const HfKeySpec hf_context_keys[]; /* of `contexts` */
extern const HfKeySpec hf_context_row_keys[]; /* of contexts.gs and so on */
extern const HfWord hf_context_words[];

/* NULL when there is none. */
const HfEffectSpec *hf_effect_by_name(const char *name);
const HfEffectSpec *hf_effect_by_kind(HfEffectKind kind);
const char *hf_word_name(const HfWord *words, int value);
/* What a value kind is called in messages: "an argument (arg0, arg1, ...,
 * ret)". */
const char *hf_value_kind_text(HfValueKind kind);

#endif
