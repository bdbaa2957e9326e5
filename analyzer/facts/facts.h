/* SPDX-License-Identifier: MIT */
/*
 * facts.h - what is known about one translation unit.
 *
 * This is the contract between extract (which fills it from libclang) and
 * everything after it (which never sees libclang).  A HfFacts is a set of
 * flat tables of fixed-size rows that refer to one another by index, so that
 * a shard on disk is the same bytes as the tables in memory.
 *
 * Conventions
 *  - Row 0 of every table is an all-zero dummy; index 0 therefore means
 *    "none".  n_<table> counts the dummy.
 *  - HfStr is a byte offset into the string section; offset 0 is "".
 *  - Facts state what the source says, not what a project's rules make of
 *    it: a lock acquisition is a CALL here, and becomes an acquisition in
 *    the solver.
 *
 * Ownership: a HfFacts is immutable once built or loaded and may be read by
 * any number of threads.  A HfFactsBuilder belongs to one thread.
 */
#ifndef HOLDFAST_FACTS_H
#define HOLDFAST_FACTS_H

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

#define HF_FACTS_VERSION 3u

typedef uint32_t HfId;
typedef uint32_t HfStr;

/* ---- files and places --------------------------------------------------- */

typedef enum {
    HF_FILE_MAIN = 1u << 0,   /* the file named on the command line */
    HF_FILE_SYSTEM = 1u << 1, /* found through a system include directory */
} HfFileFlags;

typedef struct {
    HfStr path;     /* absolute, "." and ".." removed */
    uint32_t flags; /* HfFileFlags */
    uint64_t hash;  /* XXH3-64 of the contents */
} HfFile;

/*
 * A place.  file/line/col is where a reader would look: the expansion point
 * when the token came out of a macro.  Lines and columns count from 1,
 * columns in bytes.
 */
typedef struct {
    HfId file;
    uint32_t line;
    uint32_t col;
    HfStr macro;     /* outermost macro at that point; "" when not from one */
    HfId spell_file; /* where the token is spelled; 0 when same as above */
    uint32_t spell_line;
    uint32_t spell_col;
} HfLoc;

/* ---- types -------------------------------------------------------------- */

typedef enum {
    HF_RECORD_UNION = 1u << 0,
    HF_RECORD_ANONYMOUS = 1u << 1,
} HfRecordFlags;

typedef struct {
    HfStr key;  /* unique in the program: USR; anonymous ones get path:line */
    HfStr name; /* tag, else typedef name, else "Outer::(anonymous)" */
    HfId loc;
    uint32_t flags;
    HfId first_field; /* rows of one record are contiguous */
    uint32_t n_fields;
    uint32_t size; /* bytes; 0: no body of this unit asks for it */
    HfId first_part; /* rows of one record are contiguous */
    uint32_t n_parts;
} HfRecord;

typedef enum {
    HF_PART_PADDING, /* bytes that belong to no member */
    HF_PART_POINTER, /* holds an address */
} HfPartKind;

typedef enum {
    HF_PART_BITS = 1u << 0, /* padding: does not begin or end with a byte */
    HF_PART_IN_UNION = 1u << 1, /* pointer: other members say it otherwise */
} HfPartFlags;

/*
 * What is special in the memory of a record's objects, members of members
 * included.  Padding is what no member of any kind covers; where unions are
 * concerned, what none of their members does.  Only the first of an array's
 * pointers has a row.
 */
typedef struct {
    HfId record;
    uint32_t offset; /* bytes */
    uint32_t size;
    uint32_t kind;  /* HfPartKind */
    uint32_t flags; /* HfPartFlags */
    HfStr path; /* "a.b[].c": the pointer, or the member before the padding */
} HfPart;

/* What fields, locals, parameters and variables are, as far as we care. */
typedef enum {
    HF_TYPE_POINTER = 1u << 0,          /* pointer to data */
    HF_TYPE_FUNCTION_POINTER = 1u << 1, /* (array of) pointer to function */
    HF_TYPE_ARRAY = 1u << 2,
    HF_TYPE_ATOMIC = 1u << 3, /* C11 _Atomic */
    HF_TYPE_CONST = 1u << 4,
    HF_TYPE_VOLATILE = 1u << 5,
    HF_TYPE_BITFIELD = 1u << 6,
    HF_TYPE_INTEGRAL = 1u << 7, /* integer, enum, bool */
    HF_TYPE_UNSIGNED = 1u << 8,
    HF_TYPE_RECORD = 1u << 9, /* a struct or union by value */
    HF_TYPE_VOID = 1u << 10,
} HfTypeFlags;

typedef struct {
    HfId record;
    HfStr name;
    HfStr type;         /* as clang spells it */
    HfId type_record;   /* record after removing pointers, arrays, typedefs */
    uint32_t type_flags; /* HfTypeFlags */
    HfId loc;
} HfField;

/* ---- symbols ------------------------------------------------------------ */

typedef enum {
    HF_SYM_NONE,
    HF_SYM_FUNCTION,
    HF_SYM_VARIABLE, /* global, file static or function static */
    HF_SYM_MACRO,    /* a function-like macro kept as a call (see extract.h) */
} HfSymbolKind;

typedef enum {
    HF_LINKAGE_EXTERNAL,
    HF_LINKAGE_INTERNAL,
    HF_LINKAGE_WEAK,
} HfLinkage;

typedef enum {
    HF_SYM_DEFINED = 1u << 0, /* body or initialiser seen in this unit */
    HF_SYM_NORETURN = 1u << 1,
    HF_SYM_INLINE = 1u << 2,
    HF_SYM_VARIADIC = 1u << 3,
    HF_SYM_THREAD_LOCAL = 1u << 4,
    HF_SYM_BUILTIN = 1u << 5,
    HF_SYM_UNPROTOTYPED = 1u << 6,
    HF_SYM_CONSTRUCTOR = 1u << 7, /* __attribute__((constructor)) */
} HfSymbolFlags;

typedef struct {
    HfStr key; /* USR; for internal linkage USR + "@" + path of the file */
    HfStr name;
    uint32_t kind;    /* HfSymbolKind */
    uint32_t linkage; /* HfLinkage */
    uint32_t flags;   /* HfSymbolFlags */
    HfId decl_loc;    /* first declaration seen */
    HfId def_loc;     /* definition, 0 when not in this unit */
    HfStr type;       /* function or variable type, as clang spells it */
    HfId type_record; /* variable: its record; function: the returned one */
    uint32_t type_flags; /* of the variable, or of what the function returns */
    uint32_t n_params;
} HfSymbol;

/* ---- annotations -------------------------------------------------------- */

typedef enum {
    HF_OWNER_NONE,
    HF_OWNER_SYMBOL,
    HF_OWNER_FIELD,
    HF_OWNER_RECORD,
    HF_OWNER_LOCAL, /* parameters included */
} HfOwnerKind;

typedef enum {
    HF_ANNOT_ON_DEFINITION = 1u << 0, /* written on the definition itself */
    HF_ANNOT_MARKER = 1u << 1,        /* a macro name found in the text */
    HF_ANNOT_IN_BODY = 1u << 2,       /* marker statement inside the body */
} HfAnnotFlags;

/*
 * One annotation as written at one declaration.  Inherited copies that clang
 * shows on redeclarations are not repeated.  text is
 *   "tsa:NAME:ARGS"  for a Clang thread-safety attribute,
 *   "macro:NAME"     for a marker macro that leaves no trace in the AST,
 *   otherwise the string of __attribute__((annotate("..."))).
 * params are the names that the parameters have in that declaration, in order,
 * each followed by a comma; the text may use them, and the definition may have
 * others.  "" where none has a name, and for what leaves no trace in the AST.
 */
typedef struct {
    uint32_t owner_kind; /* HfOwnerKind */
    HfId owner;
    HfStr text;
    HfId loc;
    uint32_t flags; /* HfAnnotFlags */
    HfStr params;
} HfAnnot;

/* ---- values: access paths ----------------------------------------------- */

typedef enum {
    HF_PATH_NONE,
    HF_PATH_LOCAL,        /* ref = HfLocal: the variable itself */
    HF_PATH_GLOBAL,       /* ref = HfSymbol (variable) */
    HF_PATH_FUNCTION,     /* ref = HfSymbol: a function used as a value */
    HF_PATH_TEMP,         /* ref = HfEvent: the result of that call */
    HF_PATH_CONST,        /* value; NULL is CONST 0 */
    HF_PATH_STRING,       /* a string literal; ref = HfStr */
    HF_PATH_UNKNOWN,      /* anything else; ref makes it unique */
    HF_PATH_DEREF,        /* *parent */
    HF_PATH_ADDR,         /* &parent */
    HF_PATH_FIELD,        /* parent.field, ref = HfField */
    HF_PATH_INDEX,        /* parent[i]; value = i, or -1 when not constant */
    HF_PATH_CONTAINER_OF, /* the object whose field ref is *parent (a pointer
                             value, like container_of's) */
    HF_PATH_COMPUTED, /* parent op value: an integer made of another one and a
                         constant; ref = HfPathOp */
} HfPathKind;

/* Subtraction of a constant is the addition of its negative. */
typedef enum {
    HF_PATH_OP_NONE,
    HF_PATH_OP_ADD,
    HF_PATH_OP_MUL,
    HF_PATH_OP_DIV,
    HF_PATH_OP_REM,
    HF_PATH_OP_SHL,
    HF_PATH_OP_SHR,
    HF_PATH_OP_AND,
    HF_PATH_OP_OR,
    HF_PATH_OP_XOR,
} HfPathOp;

/*
 * Hash-consed: equal paths of one unit have equal ids.  Kept normal:
 * DEREF(ADDR(x)) and ADDR(DEREF(x)) never appear; s->f is FIELD(DEREF(s));
 * an array used as a pointer is ADDR(INDEX(a, 0)); p + n is
 * ADDR(INDEX(DEREF(p), n)); hops through anonymous members are left out;
 * CONTAINER_OF(ADDR(FIELD(x, f)), f) is ADDR(x), and
 * FIELD(DEREF(CONTAINER_OF(q, f)), f) is DEREF(q); FUNCTION is never below
 * ADDR or DEREF.  A parent has a smaller id than its child, and no chain is
 * longer than HF_PATH_MAX_DEPTH (what would be becomes UNKNOWN), so walking
 * up, recursively too, needs no guard.
 */
#define HF_PATH_MAX_DEPTH 64u

typedef struct {
    uint32_t kind; /* HfPathKind */
    HfId parent;
    uint32_t ref;
    uint32_t reserved;
    int64_t value;
} HfPath;

/* ---- bodies ------------------------------------------------------------- */

typedef enum {
    HF_LOCAL_PARAM = 1u << 0,
    HF_LOCAL_SYNTHETIC = 1u << 1, /* made by lowering (?:, &&, ||, a ?: b) */
    HF_LOCAL_ADDR_TAKEN = 1u << 2,
    HF_LOCAL_BRACES = 1u << 3, /* initialised with { }: the rest is zero */
} HfLocalFlags;

typedef struct {
    HfStr name; /* synthetic ones are "?1", "?2", ... */
    HfStr type;
    HfId type_record;
    uint32_t type_flags;
    uint32_t flags; /* HfLocalFlags */
    HfId cleanup;   /* function of __attribute__((cleanup)), a HfSymbol */
    HfId loc;
} HfLocal;

typedef enum {
    HF_FUNCTION_INCOMPLETE = 1u << 0, /* something could not be lowered */
    HF_FUNCTION_FROM_HEADER = 1u << 1,
} HfFunctionFlags;

typedef struct {
    HfId symbol;
    HfId loc; /* of the name at the definition */
    uint32_t end_line;
    uint32_t flags;
    HfId first_local; /* parameters come first, in order */
    uint32_t n_locals;
    uint32_t n_params;
    HfId first_block; /* +0 is the entry, +1 the (empty) exit */
    uint32_t n_blocks;
    HfId first_event; /* the events of all its blocks are contiguous */
    uint32_t n_events;
} HfFunction;

typedef struct {
    HfId first_event;
    uint32_t n_events;
    HfId first_edge;
    uint32_t n_edges; /* 0: control ends here (noreturn), or the exit */
} HfBlock;

typedef enum {
    HF_EDGE_NEGATED = 1u << 0, /* taken when the condition is false */
    HF_EDGE_BACK = 1u << 1,    /* closes a loop */
    HF_EDGE_CASE = 1u << 2,    /* switch: condition is "lhs == constant" */
    HF_EDGE_DEFAULT = 1u << 3, /* switch: none of the cases; no condition */
} HfEdgeFlags;

typedef struct {
    HfId to;   /* HfBlock */
    HfId cond; /* HfCond, 0 when unconditional */
    uint32_t flags;
} HfEdge;

typedef enum {
    HF_COND_TRUE, /* lhs != 0; rhs unused */
    HF_COND_EQ,
    HF_COND_NE,
    HF_COND_LT,
    HF_COND_LE,
    HF_COND_GT,
    HF_COND_GE,
} HfCondOp;

typedef enum {
    HF_COND_UNSIGNED = 1u << 0, /* compared as unsigned */
} HfCondFlags;

/*
 * A branch condition, already split at && and || and stripped of !.  A
 * condition that says nothing about a path has lhs of kind UNKNOWN.
 */
typedef struct {
    uint32_t op; /* HfCondOp */
    uint32_t flags;
    HfId lhs; /* HfPath */
    HfId rhs; /* HfPath */
    HfId loc;
} HfCond;

typedef enum {
    HF_EV_NONE,
    HF_EV_READ,          /* path */
    HF_EV_WRITE,         /* path = value; also initialisation of a local */
    HF_EV_RMW,           /* path: ++, --, op= value (0 for ++ and --) */
    HF_EV_ADDR_TAKEN,    /* &path as a value (not as the base of a member) */
    HF_EV_CALL,          /* sym(args); MACRO symbols included */
    HF_EV_CALL_INDIRECT, /* (*path)(args): path of the pointer's value */
    HF_EV_RETURN,        /* value; 0 when there is none */
    HF_EV_ATOMIC_READ,   /* path */
    HF_EV_ATOMIC_WRITE,  /* path = value */
    HF_EV_ATOMIC_RMW,    /* path */
    HF_EV_UNSIGNED_DIFF, /* `a - b > 0` and its like on unsigned operands
                            decides a branch: path = a, value = b */
    HF_EV_ASM,
    HF_EV_SCOPE_END, /* path = LOCAL whose lifetime ends (pointers into it
                        and what it aliased are gone) */
} HfEventKind;

typedef enum {
    HF_EV_CLEANUP = 1u << 0,     /* CALL made by attribute cleanup */
    HF_EV_SIZEOF_FULL = 1u << 1, /* CALL: one argument was sizeof(*arg 0) or
                                    sizeof(object) (memset-like uses) */
    HF_EV_TRUNCATE_CHECKED = 1u << 2, /* CALL whose result is looked at */
    HF_EV_OR = 1u << 3,  /* RMW: path |= value */
    HF_EV_AND = 1u << 4, /* RMW: path &= value */
} HfEventFlags;

/*
 * Reads and writes of plain locals whose address is not taken are not
 * recorded as READ; writes are (they carry values).  Everything reached
 * through a pointer, a field, a global or an index is recorded both ways.
 * Operands of sizeof, typeof, offsetof, alignof, _Static_assert and
 * unchosen _Generic associations are not.  Order is evaluation order.
 */
typedef struct {
    uint32_t kind; /* HfEventKind */
    uint32_t flags;
    HfId loc;
    HfId path;
    HfId value;
    HfId sym;
    HfId first_arg; /* into args */
    uint32_t n_args;
} HfEvent;

/* ---- function pointers, comments, trouble ------------------------------- */

/* A function stored by an initialiser.  Stores by assignment and by passing
 * an argument are WRITE and CALL events whose value is a FUNCTION path. */
typedef struct {
    HfId function; /* HfSymbol */
    HfId field;    /* slot it is stored in; 0: the variable (or its element) */
    HfId holder;   /* variable being initialised (HfSymbol), 0 for a local */
    HfId loc;
} HfBinding;

/* A triage comment, e.g. "holdfast: intentional(MISSING_LOCK) ..." */
typedef struct {
    HfId loc;   /* of the comment */
    uint32_t applies_line; /* line it speaks of: its own, or the next code */
    HfStr text; /* without the comment delimiters, trimmed */
} HfComment;

typedef enum {
    HF_REMARK_TRAILING = 1u << 0, /* behind the declaration, on its line */
    HF_REMARK_ON_DEFINITION = 1u << 1,
} HfRemarkFlags;

/*
 * A comment beside the declaration of a function, variable or member that may
 * speak of locks or threads (it has a word of theirs).  What it says, in whose
 * names, is for later stages.
 */
typedef struct {
    uint32_t owner_kind; /* HF_OWNER_SYMBOL or HF_OWNER_FIELD */
    HfId owner;
    HfId loc;   /* of the comment */
    HfStr text; /* as of HfComment */
    uint32_t flags; /* HfRemarkFlags */
} HfRemark;

typedef enum {
    HF_DIAG_WARNING = 2, /* values as in libclang */
    HF_DIAG_ERROR = 3,
    HF_DIAG_FATAL = 4,
} HfDiagSeverity;

typedef struct {
    uint32_t severity;
    HfId loc;
    HfStr text;
} HfDiag;

typedef enum {
    HF_UNIT_OK,
    HF_UNIT_ERRORS, /* parsed with errors: facts may be missing */
    HF_UNIT_FAILED, /* no AST at all */
    HF_UNIT_CRASHED,
    HF_UNIT_TIMEOUT,
} HfUnitStatus;

/* ---- the whole unit ----------------------------------------------------- */

/* X(member, row type, section name) in the order of the sections on disk */
#define HF_FACTS_TABLES(X)              \
    X(files, HfFile, "files")           \
    X(locs, HfLoc, "locs")              \
    X(records, HfRecord, "records")     \
    X(parts, HfPart, "parts")           \
    X(fields, HfField, "fields")        \
    X(symbols, HfSymbol, "symbols")     \
    X(annots, HfAnnot, "annots")        \
    X(paths, HfPath, "paths")           \
    X(functions, HfFunction, "functions") \
    X(locals, HfLocal, "locals")        \
    X(blocks, HfBlock, "blocks")        \
    X(edges, HfEdge, "edges")           \
    X(conds, HfCond, "conds")           \
    X(events, HfEvent, "events")        \
    X(args, HfId, "args")               \
    X(bindings, HfBinding, "bindings")  \
    X(comments, HfComment, "comments")  \
    X(remarks, HfRemark, "remarks")     \
    X(diags, HfDiag, "diags")

typedef struct HfFacts {
    uint32_t status; /* HfUnitStatus */
    HfId main_file;
    HfStr output; /* object file of this entry, "" when not known */
    const char *strings;
    uint32_t n_strings; /* bytes */
#define X(member, type, name) const type *member; uint32_t n_##member;
    HF_FACTS_TABLES(X)
#undef X
    gpointer backing; /* private to the facts library */
} HfFacts;

void hf_facts_free(HfFacts *facts); /* NULL is fine */

static inline const char *hf_str(const HfFacts *f, HfStr s)
{
    return f->strings + s;
}

/* ---- building ----------------------------------------------------------- */

/*
 * Rows are appended in any order except where a comment above asks for
 * contiguity.  Strings and paths are interned.
 *
 *     HfFactsBuilder *b = hf_facts_builder_new();
 *     HfId sym = hf_facts_add_symbols(b, &(HfSymbol){ ... });
 *     b_event.path = hf_facts_path(b, HF_PATH_GLOBAL, 0, sym, 0);
 *     HfFacts *facts = hf_facts_builder_finish(b);   // frees b
 */
typedef struct HfFactsBuilder HfFactsBuilder;

HfFactsBuilder *hf_facts_builder_new(void);
void hf_facts_builder_free(HfFactsBuilder *b);
HfFacts *hf_facts_builder_finish(HfFactsBuilder *b);

HfStr hf_facts_string(HfFactsBuilder *b, const char *s); /* NULL is "" */
const char *hf_facts_string_get(HfFactsBuilder *b, HfStr s); /* until the next
                                                               string added */
HfId hf_facts_loc(HfFactsBuilder *b, const HfLoc *loc);  /* interned */
/*
 * Normalising constructor, see HfPath.  What is missing is unknown: parent 0
 * stands for a fresh UNKNOWN, and so does UNKNOWN with ref 0 (fresh ones
 * count down from UINT32_MAX).  A FIELD or CONTAINER_OF through a field whose
 * row has no name is an anonymous hop and gives back its parent, so the
 * field's row must be complete by then.
 */
HfId hf_facts_path(HfFactsBuilder *b, HfPathKind kind, HfId parent,
                   uint32_t ref, int64_t value);
/* pointer + n (elements); n is ignored unless constant.  Adding to a pointer
 * to an element moves within the same array: &a[1] + 2 is &a[3]. */
HfId hf_facts_path_add(HfFactsBuilder *b, HfId pointer, int64_t n,
                       gboolean constant);

void hf_facts_set_unit(HfFactsBuilder *b, HfUnitStatus status, HfId main_file,
                       const char *output);

/* hf_facts_add_<table>() appends a row and returns its index;
 * hf_facts_at_<table>() gives a row for change, valid until the next add. */
#define X(member, type, name)                                  \
    HfId hf_facts_add_##member(HfFactsBuilder *b, const type *row); \
    type *hf_facts_at_##member(HfFactsBuilder *b, HfId id);    \
    uint32_t hf_facts_count_##member(const HfFactsBuilder *b);
HF_FACTS_TABLES(X)
#undef X

/* ---- shards ------------------------------------------------------------- */

#define HF_FACTS_ERROR hf_facts_error_quark()
GQuark hf_facts_error_quark(void);
typedef enum {
    HF_FACTS_ERROR_IO,
    HF_FACTS_ERROR_FORMAT,   /* not a shard, truncated, checksum, bad index */
    HF_FACTS_ERROR_VERSION,  /* another version of the format */
} HfFactsError;

/*
 * Does every index, string offset, enum, range and promise of this header
 * hold?  When not, the message names row and section; name stands for the
 * file.  Loading and writing do this themselves.
 */
gboolean hf_facts_check(const HfFacts *facts, const char *name,
                        GError **error);

/*
 * Write atomically (temporary file in the same directory, fsync not needed,
 * rename).  cache_key is stored in the header and compared by the cache.
 */
gboolean hf_facts_write(const HfFacts *facts, const char *path,
                        const uint8_t cache_key[16], GError **error);

/*
 * Load a shard.  Everything is checked: header, version, checksum, section
 * sizes, every index, string offset, enum and contiguity promise, so that
 * readers need no checks of their own.  The message names file, section and
 * row.
 */
HfFacts *hf_facts_read(const char *path, GError **error);
HfFacts *hf_facts_read_bytes(GBytes *bytes, const char *name,
                             gboolean verify_checksum, GError **error);

/* Read only the header: FALSE when the file is missing or no valid shard. */
gboolean hf_facts_peek_key(const char *path, uint8_t cache_key[16]);

/* Stable text of every table, for people and goldens. Paths of files are
 * printed relative to root when root is not NULL. */
void hf_facts_dump(const HfFacts *facts, const char *root, GString *out);
/* "s->to_dst_file" */
void hf_facts_path_text(const HfFacts *facts, HfId path, GString *out);

G_END_DECLS

#endif
