/* SPDX-License-Identifier: MIT */
/*
 * program.h - shards joined to one program.
 *
 * Units keep their facts; the program adds what is true across units: one
 * row per symbol, record and field, the bodies chosen, annotations gathered
 * from every declaration, and a call graph with function pointers resolved
 * by slot type and by flow.
 *
 * Everything is ordered by key or by position, so the same set of shards
 * gives the same program whatever their order on the command line.
 *
 * Ownership: HfProgram owns everything, facts included.  Immutable after
 * hf_program_link(); any number of threads may read it.
 */
#ifndef HOLDFAST_PROGRAM_H
#define HOLDFAST_PROGRAM_H

#include "facts/facts.h"
#include "rules/rules.h"
#include <glib.h>

G_BEGIN_DECLS

/* Indices into the program's tables; 0 is "none" as in facts.h. */
typedef uint32_t HfSymId;
typedef uint32_t HfFieldId;
typedef uint32_t HfRecId;

typedef struct {
    HfFacts *facts;
    const char *name; /* main file, relative to root when below it */
    HfSymId *symbols;   /* unit's HfSymbol -> program */
    HfFieldId *fields;
    HfRecId *records;
} HfUnit;

/* An annotation string and where it was written. */
typedef struct {
    const char *text;
    const char *params; /* see HfAnnot */
    uint32_t unit;
    HfId loc;
    uint32_t flags; /* HfAnnotFlags */
    GPtrArray *effects; /* HfEffect*, by the rules; shared */
} HfProgAnnot;

typedef struct {
    const char *key;
    const char *name;
    HfRecId id;
    gboolean is_lock;   /* by lock_types or a capability annotation */
    gboolean is_link;   /* nothing but a few pointers to data: a list's head,
                           or what links an object into one */
    const HfLockTypeRule *lock_rule;
} HfProgRecord;

typedef struct {
    HfRecId record;
    const char *name;
    const char *type;
    HfRecId type_record;
    uint32_t type_flags;
    uint32_t unit; /* where its row was taken from */
    HfId loc;
    GArray *annots; /* HfProgAnnot, NULL when none */
    const HfFieldRule *rule;
    const HfSlotRule *slot_rule;
    gboolean is_lock;
    gboolean is_entry; /* links its object to others of the same type */
    /* function pointer slots */
    GArray *targets; /* HfSymId sorted by key, NULL when none */
} HfProgField;

typedef struct {
    const char *key;
    const char *name;
    HfSymbolKind kind;
    HfLinkage linkage;
    uint32_t flags; /* HfSymbolFlags, joined */
    const char *type;
    HfRecId type_record;
    uint32_t type_flags;
    uint32_t n_params;
    uint32_t decl_unit; /* place of the best declaration */
    HfId decl_loc;
    uint32_t body_unit;  /* unit and row of the body; body 0: none */
    HfId body;
    GArray *annots; /* HfProgAnnot, NULL when none */
    const HfFunctionRule *rule;
    gboolean is_lock;
    gboolean address_taken;
    /* variables that hold function pointers, and functions' parameters */
    GArray *targets;
    GArray **param_targets; /* n_params arrays or NULL */
} HfProgSymbol;

/* One call site. */
typedef struct {
    HfSymId caller;
    uint32_t unit;
    HfId event;
} HfCallSite;

typedef struct HfProgram {
    const HfRules *rules;
    const char *root;
    GPtrArray *units;  /* HfUnit*, [0] is NULL */
    GArray *symbols;   /* HfProgSymbol */
    GArray *fields;    /* HfProgField */
    GArray *records;   /* HfProgRecord */
    GArray *functions; /* HfSymId with a body, callees before callers where
                          there is no recursion; see scc */
    uint32_t *scc;     /* HfSymId -> component number, bottom-up */
    GArray **callers;  /* HfSymId -> HfCallSite, NULL when none */
    GPtrArray *warnings; /* char*: duplicate definitions and the like */
    GPtrArray *failed;   /* char*: units lost or with errors, and why */
    gpointer priv;
} HfProgram;

#define HF_PROGRAM_SYM(p, id) (&g_array_index((p)->symbols, HfProgSymbol, id))
#define HF_PROGRAM_FIELD(p, id) (&g_array_index((p)->fields, HfProgField, id))
#define HF_PROGRAM_RECORD(p, id) \
    (&g_array_index((p)->records, HfProgRecord, id))
#define HF_PROGRAM_UNIT(p, i) ((HfUnit *)g_ptr_array_index((p)->units, i))

/*
 * shards: HfFacts*, taken over (the array too).  root: absolute directory
 * that paths are shown relative to.  Never fails: units without facts are
 * listed in failed.
 */
HfProgram *hf_program_link(GPtrArray *shards, const HfRules *rules,
                           const char *root);
void hf_program_free(HfProgram *program);

/* Adds an annotation string to what is known of a function or variable (sym),
 * else of a member, as if its declaration said so.  Before solving. */
void hf_program_annotate(HfProgram *program, HfSymId sym, HfFieldId field,
                         const char *text);

HfSymId hf_program_find(const HfProgram *program, const char *name);
const HfFunction *hf_program_body(const HfProgram *program, HfSymId sym,
                                  const HfUnit **unit);

/*
 * What a CALL or CALL_INDIRECT event may call: HfSymIds sorted by key, empty
 * when unknown.  slot is set to the field for a call through a member.
 */
const GArray *hf_program_targets(const HfProgram *program, const HfUnit *unit,
                                 HfSymId caller, const HfEvent *event,
                                 HfFieldId *slot);

/* Effects of a symbol: its rule's, else its annotations'.  Calls fn for each,
 * in order, with the annotation it came from (NULL for a rule). */
typedef void (*HfEffectFn)(const HfEffect *effect, const HfProgAnnot *annot,
                           gpointer data);
void hf_program_symbol_effects(const HfProgram *program, HfSymId sym,
                               HfEffectFn fn, gpointer data);
void hf_program_field_effects(const HfProgram *program, HfFieldId field,
                              HfEffectFn fn, gpointer data);

G_END_DECLS

#endif
