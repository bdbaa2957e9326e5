/* SPDX-License-Identifier: MIT */
/*
 * rules.h - a rules profile in memory: what teaches the checker a project.
 *
 * A profile is a directory rules/<name>/ with *.yaml files (read in order of
 * their names) or one .yaml file.  Profiles include one another; what is read
 * later wins over what was read earlier, name by name.
 *
 * Ownership: everything hangs off HfRules and lives as long as it does.
 * A loaded HfRules is immutable.
 *
 * Capability expressions ("cap expressions") are short strings:
 *   bql                a capability declared under `capabilities`
 *   arg0, arg1 ...     the lock object that argument points to
 *   arg0->m, *arg1     a lock reached from an argument
 *   this               annotations on fields and slots: the object itself
 *   ret                the result of the call
 *   anything else      a C expression over parameters, sibling fields and
 *                      globals, resolved where it is written (&s->lock, lock)
 * "a|b" means either suffices; used by requirements and guards.
 */
#ifndef HOLDFAST_RULES_H
#define HOLDFAST_RULES_H

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/* Where a rule was written, for messages and findings. */
typedef struct {
    const char *file;
    int line;
    int col;
} HfRulePlace;

/* ---- capabilities ------------------------------------------------------ */

typedef enum {
    HF_CAP_LOCK,  /* a global lock with a name (the BQL, the graph lock) */
    HF_CAP_TOKEN, /* RCU read section, transaction, drained section */
    HF_CAP_ROLE,  /* "runs in the main loop" */
    HF_CAP_MODE,  /* "in a coroutine" */
} HfCapKind;

/* What to believe at a function nobody in the program is seen to call. */
typedef enum {
    HF_ENTRY_UNKNOWN,
    HF_ENTRY_ABSENT,
    HF_ENTRY_HELD,
} HfEntryBelief;

typedef struct {
    char *name;
    HfCapKind kind;
    gboolean recursive;
    HfEntryBelief unknown_entry;
    GPtrArray *spellings; /* char*: expressions that mean it, "&graph_lock" */
    GPtrArray *implies;   /* char*: names of capabilities held with it */
    GPtrArray *called;    /* char*: what comments call it */
    char *description;
    HfRulePlace place;
} HfCapRule;

/* ---- lock types -------------------------------------------------------- */

typedef struct {
    char *type; /* record or typedef name: QemuMutex, pthread_mutex_t */
    gboolean recursive;
    gboolean shared; /* has a shared mode */
    gboolean spins;  /* who waits for it burns time: it is not slept under */
    gboolean yields; /* for coroutines: who waits for it lets others run */
    int rank;        /* 0: none */
    char *stands_for; /* member that points to the real lock when an object of
                         this type only stands for one (QemuLockable.object);
                         NULL: it is the lock itself */
    HfRulePlace place;
} HfLockTypeRule;

/* ---- effects of functions ---------------------------------------------- */

typedef enum {
    /* locks and tokens; cap is the capability */
    HF_EFF_ACQUIRE,
    HF_EFF_ACQUIRE_SHARED,
    HF_EFF_TRY_ACQUIRE,        /* when = result meaning success */
    HF_EFF_TRY_ACQUIRE_SHARED,
    HF_EFF_RELEASE,
    HF_EFF_DROP_AND_RETAKE,    /* waits on a condition, polls, yields */
    HF_EFF_REQUIRES,
    HF_EFF_REQUIRES_SHARED,
    HF_EFF_EXCLUDES,
    HF_EFF_ASSERT_HELD,        /* cap is held from here on: aborts otherwise */
    HF_EFF_ASSERT_SHARED,
    HF_EFF_TEST_HELD,          /* when = result meaning "held" */
    HF_EFF_INIT,               /* initialises the lock cap */
    HF_EFF_DESTROY,
    /* contexts; no cap */
    HF_EFF_GLOBAL_STATE,
    HF_EFF_IO,
    HF_EFF_IO_OR_GS,
    HF_EFF_COROUTINE,
    HF_EFF_NO_COROUTINE,
    HF_EFF_COROUTINE_MIXED,
    HF_EFF_CO_WRAPPER,         /* not to be called in a coroutine; other = the
                                  direct function's name pattern or "" */
    HF_EFF_CO_WRAPPER_MIXED,   /* may be, but the direct call is better */
    /* data; arg = argument index, -1 the result */
    HF_EFF_GUARDED_BY,         /* annotation on a field or variable */
    HF_EFF_PT_GUARDED_BY,
    HF_EFF_RCU_PROTECTED,      /* pointer valid in an RCU section only */
    HF_EFF_RETURNS_ARG,        /* result is argument arg */
    HF_EFF_RETURNS_LOCK,       /* result points to cap */
    HF_EFF_ALLOC,              /* result is a fresh object */
    HF_EFF_FREE,
    HF_EFF_RCU_READ,           /* reads the pointer at *arg */
    HF_EFF_RCU_PUBLISH,
    HF_EFF_FILL,               /* memset, memcpy: overwrites *arg */
    HF_EFF_CHANGES,            /* changes the container arg points to */
    HF_EFF_STRING_COPY,        /* other = what to use instead */
    HF_EFF_STRING_COPY_TRUNCATING,
    HF_EFF_PAIR_OPEN,          /* declared pair named cap: arg is opened; in
                                  annotations arg may be HF_ARG_BY_NAME */
    HF_EFF_PAIR_CLOSE,
    HF_EFF_SENDS,              /* the bytes at arg, as many as size_arg (times
                                  count_arg) says, leave the program */
    /* control */
    HF_EFF_NORETURN,
    HF_EFF_UNJUDGED,           /* the straight-line code around it, and what
                                  follows, is left alone */
    HF_EFF_SUCCEEDS,           /* its result is 0 */
    HF_EFF_RETURNS_TWICE,      /* and the second time not with 0 */
    HF_EFF_BLOCKING,           /* may block the calling thread; until other
                                  (NULL: unknown) happens to arg */
    HF_EFF_MAY_BLOCK,          /* the same, but it may end by itself, or not
                                  block at all: input, a limit on time */
    HF_EFF_WAKES,              /* other happens to arg: ends such waits */
    HF_EFF_CALLBACK,           /* calls or schedules the function in arg */
    HF_EFF_JOIN,               /* waits until the thread of handle arg ended */
    HF_EFF_GIVES_LOOP,         /* the result names an event loop: role, holds */
    HF_EFF_RUNS_IN,            /* the loop loop_arg runs what handle arg stands
                                  for */
    HF_EFF_MOVES_TO,           /* the caller, a coroutine, goes on in the event
                                  loop that arg names */
    HF_EFF_YIELDS,             /* the coroutine sleeps until it is entered */
    HF_EFF_SELF,               /* result: the handle of who runs */
    HF_EFF_INTENTIONAL,        /* marker: arg 0 code, arg 1 text */
    HF_EFF_NO_ANALYSIS,        /* body is not judged */
    HF_EFF_ACQUIRED_BEFORE,
    HF_EFF_ACQUIRED_AFTER,
    HF_EFF_RANK,               /* arg = rank of the lock it is written on; or
                                  other = the name of an enumerator */
    HF_EFF_CAPABILITY,         /* annotation on a record or typedef: its
                                  objects are locks; other = the word for it
                                  (mutex, rwlock, ...) */
    HF_EFF_TOKEN,              /* annotation on an object: it is a token */
    HF_EFF_ROLE,               /* annotation on an object: it is a role; on a
                                  function: threads of role cap start there */
} HfEffectKind;

/* The argument is the parameter named by HfEffect.other. */
#define HF_ARG_BY_NAME (-2)
#define HF_ARG_NONE (-3)

typedef enum {
    HF_WHEN_ALWAYS,
    HF_WHEN_ZERO,    /* result 0 / NULL / false */
    HF_WHEN_NONZERO,
} HfWhen;

/* How a callback is run. */
typedef enum {
    HF_RUN_CALL,      /* synchronously, in the caller's context */
    HF_RUN_THREAD,    /* a new thread: nothing is held */
    HF_RUN_BH,        /* later, from an event loop */
    HF_RUN_TIMER,
    HF_RUN_FD,
    HF_RUN_COROUTINE, /* as a coroutine */
    HF_RUN_RCU,
    HF_RUN_POOL,      /* a worker of a thread pool */
    HF_RUN_SIGNAL,
    HF_RUN_ATEXIT,
} HfRunKind;

/* Where bytes go that are sent. */
typedef enum {
    HF_TO_DESCRIPTOR, /* whatever it is, a pipe to this very process too */
    HF_TO_STREAM,     /* a file, the network, another process */
    HF_TO_GUEST,
} HfSink;

typedef struct {
    HfEffectKind kind;
    char *cap;   /* cap expression, NULL when the kind has none */
    int arg;     /* argument index, -1 result, meaning by kind */
    HfWhen when;
    char *other; /* meaning by kind */
    /* CALLBACK and GIVES_LOOP: */
    char *role;       /* NULL: unknown */
    GPtrArray *holds; /* char*: capabilities held when it runs */
    /* CALLBACK and RUNS_IN: */
    int loop_arg;     /* names the event loop; HF_ARG_NONE when not given */
    /* CALLBACK only: */
    HfRunKind run;
    gboolean holds_known; /* TRUE: and nothing else is held */
    gboolean own;     /* nobody else can reach what its first parameter points
                         to */
    int data_arg;     /* argument passed to the callback as its first */
    int handle_arg;   /* what the thread is joined by, or what stands for the
                         function elsewhere; -1 is the result.  Either is
                         HF_ARG_NONE when not given */
    /* SENDS only: */
    int size_arg;
    int count_arg; /* HF_ARG_NONE: there is none */
    HfSink sink;
    HfRulePlace place;
} HfEffect;

typedef struct {
    char *pattern; /* name, with * and ? */
    GPtrArray *effects; /* HfEffect* */
    HfRulePlace place;
} HfFunctionRule;

/*
 * What an annotation string means: match with one * capturing the argument;
 * in effects "$1" stands for the captured text.
 */
typedef struct {
    char *match;
    GPtrArray *effects; /* HfEffect* */
    HfRulePlace place;
} HfAnnotationRule;

/* How a program writes the lock that an annotation names. */
typedef enum {
    HF_WRITE_ADDRESS, /* &s->lock */
    HF_WRITE_OBJECT,  /* s->lock */
} HfLockWriting;

/* Which declarations of a function carry an annotation. */
typedef enum {
    HF_ON_FIRST,      /* the one that callers see */
    HF_ON_DEFINITION,
    HF_ON_BOTH,
} HfWrittenOn;

/*
 * How an annotation is written in this program's sources.  effect is the name
 * of an effect, of those that name a lock followed by the capability or *:
 * "gs", "requires *", "requires_shared graph_lock".  In the texts $1 stands
 * for the lock.  One annotation may be written in several places.
 */
typedef struct {
    char *effect;
    char *before; /* the declarator's name */
    char *after;  /* the declarator */
    char *body;   /* a statement, after the body's declarations */
    HfWrittenOn on;
    HfLockWriting lock;
    char *include; /* header that defines it, as #include has it */
    HfRulePlace place;
} HfSpellingRule;

/* ---- fields, slots, roles ---------------------------------------------- */

typedef struct {
    char *record;
    char *field;
    GPtrArray *effects; /* HfEffect*: GUARDED_BY, RCU_PROTECTED, ... */
    HfRulePlace place;
} HfFieldRule;

/* A function-pointer member: contract on whoever is stored in it and promise
 * to them. record and field may be patterns. */
typedef struct {
    char *record;
    char *field;
    GPtrArray *effects; /* HfEffect*: REQUIRES, COROUTINE, IO, ... */
    HfEntryBelief entry; /* what implementations may assume of capabilities
                            not named: UNKNOWN cuts the caller's context off */
    gboolean entry_set;
    gboolean own; /* as HfEffect.own */
    HfRulePlace place;
} HfSlotRule;

/* Functions that start a role: thread entries known by name, main, ... */
typedef struct {
    char *name;
    GPtrArray *entries; /* char*: function name patterns */
    GPtrArray *holds;   /* char*: capabilities held on entry */
    gboolean unique;
    gboolean in_coroutine;
    GPtrArray *alone; /* char*: patterns of functions that only it gets to: a
                         state decides, which calls do not show */
    HfRulePlace place;
} HfRoleRule;

/* May code of context `caller` call code of context `callee`?  Contexts are
 * HF_EFF_GLOBAL_STATE, HF_EFF_IO and HF_EFF_IO_OR_GS. */
typedef struct {
    gboolean set;
    gboolean allowed[3][3]; /* [caller][callee] in the order GS, IO, IO_OR_GS */
    char *gs_requires;       /* cap expression: "main_loop|bql" */
    char *io_or_gs_requires; /* what IO_OR_GS needs outside a home context */
} HfContextMatrix;

/* ---- checkers' own settings -------------------------------------------- */

/* What the checker finds in that function, on that member or variable, is
 * right as it is; one of the two may be NULL: any. */
typedef struct {
    char *function; /* pattern */
    char *field;    /* "Record.field" or a variable */
    int code;       /* hf_intent_code() */
    char *reason;
    HfRulePlace place;
} HfIntentRule;

typedef struct {
    char *name; /* checker */
    gboolean enabled;
    GHashTable *options; /* char* -> char* */
    GPtrArray *intentional; /* HfIntentRule* */
    HfRulePlace place;
} HfCheckerRule;

/* ---- what extract needs ------------------------------------------------ */

typedef struct {
    GPtrArray *defines;     /* char*: "NAME", "NAME=VALUE" or
                               "NAME(x)=VALUE", passed as -D */
    GPtrArray *markers;     /* char*: macro names that may expand to nothing,
                               looked up in the text of declarations and at
                               the start of statements */
    GPtrArray *macro_calls; /* char*: function-like macros kept as one CALL */
    GPtrArray *noreturn;    /* char*: function names */
} HfExtractRules;

typedef struct HfRules {
    char *profile;
    GPtrArray *files;      /* char*: every file read, in order */
    GPtrArray *caps;       /* HfCapRule* */
    GPtrArray *lock_types; /* HfLockTypeRule* */
    GPtrArray *functions;  /* HfFunctionRule*, in order; later wins */
    GPtrArray *annotations; /* HfAnnotationRule* */
    GPtrArray *spellings;  /* HfSpellingRule* */
    GPtrArray *fields;     /* HfFieldRule* */
    GPtrArray *slots;      /* HfSlotRule* */
    GPtrArray *roles;      /* HfRoleRule* */
    GPtrArray *checkers;   /* HfCheckerRule* */
    HfContextMatrix contexts;
    HfExtractRules extract;
    GPtrArray *exempt_phases; /* char*: function name patterns that run before
                                 sharing or after (init, finalize) */
} HfRules;

#define HF_RULES_ERROR hf_rules_error_quark()
GQuark hf_rules_error_quark(void);
typedef enum {
    HF_RULES_ERROR_IO,
    HF_RULES_ERROR_SYNTAX, /* not YAML */
    HF_RULES_ERROR_SCHEMA, /* unknown key, wrong type, unknown value */
} HfRulesError;

/*
 * Load profile NAME (looked up in search_dirs) or a path to a .yaml file or
 * directory.  Error messages read "FILE:LINE:COL: expected X, found Y".
 */
HfRules *hf_rules_load(const char *profile, const char *const *search_dirs,
                       GError **error);
HfRules *hf_rules_load_string(const char *yaml, gsize len, const char *name,
                              const char *const *search_dirs, GError **error);
void hf_rules_free(HfRules *rules);

/* Digest over everything extract depends on (HfExtractRules only, so that a
 * change of other rules does not invalidate shards). */
void hf_rules_extract_digest(const HfRules *rules, uint8_t digest[16]);

/* Last matching rule, or NULL. */
const HfFunctionRule *hf_rules_function(const HfRules *rules, const char *name);
const HfFieldRule *hf_rules_field(const HfRules *rules, const char *record,
                                  const char *field);
const HfSlotRule *hf_rules_slot(const HfRules *rules, const char *record,
                                const char *field);
/* How the effect is written of that lock (a capability's name, else NULL or
 * any text); the rule of the capability wins over the one of "*". */
const HfSpellingRule *hf_rules_spelling(const HfRules *rules,
                                        const char *effect, const char *cap);
/* "sole_writer": static. */
const char *hf_intent_code(const HfIntentRule *rule);
const HfCheckerRule *hf_rules_checker(const HfRules *rules, const char *name);
/* Effects of one annotation string with $1 replaced; (transfer full): array
 * of HfEffect*, empty when no rule matches. */
GPtrArray *hf_rules_annotation(const HfRules *rules, const char *text);
void hf_rules_dump(const HfRules *rules, GString *out);

G_END_DECLS

#endif
