/* SPDX-License-Identifier: MIT */
/* The format of a rules file, all but the effects (effects.c); see keys.h. */
#include "rules/keys.h"
#include <stddef.h>
#include <string.h>

static const HfWord cap_kinds[] = {
    { "lock", HF_CAP_LOCK },
    { "token", HF_CAP_TOKEN },
    { "role", HF_CAP_ROLE },
    { "mode", HF_CAP_MODE },
    { NULL, 0 },
};

static const HfWord beliefs[] = {
    { "unknown", HF_ENTRY_UNKNOWN },
    { "absent", HF_ENTRY_ABSENT },
    { "held", HF_ENTRY_HELD },
    { NULL, 0 },
};

const HfWord hf_context_words[] = {
    { "gs", 0 },
    { "io", 1 },
    { "io_or_gs", 2 },
    { NULL, 0 },
};

static const HfKeySpec extract_keys[] = {
    { "define", HF_VALUE_DEFINE, TRUE, FALSE,
      offsetof(HfExtractRules, defines), 0, NULL,
      "macros to define while parsing, `NAME`, `NAME=VALUE` or "
      "`NAME(x)=VALUE`" },
    { "markers", HF_VALUE_NAME, TRUE, FALSE,
      offsetof(HfExtractRules, markers), 0, NULL,
      "macros that may expand to nothing, looked up in the text of "
      "declarations and at the start of statements; they become annotations "
      "`macro:NAME`" },
    { "macro_calls", HF_VALUE_NAME, TRUE, FALSE,
      offsetof(HfExtractRules, macro_calls), 0, NULL,
      "function-like macros kept as one call instead of what they expand to" },
    { "noreturn", HF_VALUE_NAME, TRUE, FALSE,
      offsetof(HfExtractRules, noreturn), 0, NULL,
      "functions that do not return, where the declaration does not say so; "
      "functions with the effect `noreturn` are added by themselves" },
    { NULL },
};

static const HfKeySpec cap_keys[] = {
    { "kind", HF_VALUE_WORD, FALSE, TRUE,
      offsetof(HfCapRule, kind), 0, cap_kinds,
      "what it is: a global `lock`, a `token` (a section one is in), a `role` "
      "(which thread runs) or a `mode` of execution" },
    { "recursive", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfCapRule, recursive), 0, NULL,
      "may be acquired while it is held" },
    { "unknown_entry", HF_VALUE_WORD, FALSE, FALSE,
      offsetof(HfCapRule, unknown_entry), 0, beliefs,
      "what to believe of it at a function that nobody is seen to call" },
    { "spellings", HF_VALUE_CAP, TRUE, FALSE,
      offsetof(HfCapRule, spellings), 0, NULL,
      "C expressions that mean it" },
    { "implies", HF_VALUE_CAP_NAME, TRUE, FALSE,
      offsetof(HfCapRule, implies), 0, NULL,
      "capabilities held whenever it is" },
    { "called", HF_VALUE_STRING, TRUE, FALSE,
      offsetof(HfCapRule, called), 0, NULL,
      "what comments call it, in lower case" },
    { "description", HF_VALUE_STRING, FALSE, FALSE,
      offsetof(HfCapRule, description), 0, NULL,
      "one sentence for findings" },
    { NULL },
};

static const HfKeySpec lock_type_keys[] = {
    { "recursive", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfLockTypeRule, recursive), 0, NULL,
      "may be acquired by the thread that holds it" },
    { "shared", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfLockTypeRule, shared), 0, NULL,
      "has a shared mode" },
    { "yields", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfLockTypeRule, yields), 0, NULL,
      "for coroutines: whoever waits for it lets others run" },
    { "spins", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfLockTypeRule, spins), 0, NULL,
      "whoever waits for it burns time, so that its holder must not sleep" },
    { "rank", HF_VALUE_INT, FALSE, FALSE,
      offsetof(HfLockTypeRule, rank), 0, NULL,
      "locks are acquired in ascending rank; 0 is none" },
    { "stands_for", HF_VALUE_NAME, FALSE, FALSE,
      offsetof(HfLockTypeRule, stands_for), 0, NULL,
      "member that points to the real lock, when objects of this type only "
      "stand for one" },
    { NULL },
};

static const HfWord written_on[] = {
    { "declaration", HF_ON_FIRST },
    { "definition", HF_ON_DEFINITION },
    { "both", HF_ON_BOTH },
    { NULL, 0 },
};

static const HfWord lock_writings[] = {
    { "address", HF_WRITE_ADDRESS },
    { "object", HF_WRITE_OBJECT },
    { NULL, 0 },
};

static const HfKeySpec spelling_keys[] = {
    { "before", HF_VALUE_STRING, FALSE, FALSE,
      offsetof(HfSpellingRule, before), 0, NULL,
      "what is written before the declared name; `$1` is the lock" },
    { "after", HF_VALUE_STRING, FALSE, FALSE,
      offsetof(HfSpellingRule, after), 0, NULL,
      "what is written after the declarator, its parameters included" },
    { "body", HF_VALUE_STRING, FALSE, FALSE,
      offsetof(HfSpellingRule, body), 0, NULL,
      "the statement that follows the body's first declarations" },
    { "on", HF_VALUE_WORD, FALSE, FALSE,
      offsetof(HfSpellingRule, on), 0, written_on,
      "which declarations carry it: the one that callers see "
      "(`declaration`), the `definition`, or `both`" },
    { "lock", HF_VALUE_WORD, FALSE, FALSE,
      offsetof(HfSpellingRule, lock), 0, lock_writings,
      "whether `$1` is the lock's `address`, as is usual, or the `object`" },
    { "include", HF_VALUE_STRING, FALSE, FALSE,
      offsetof(HfSpellingRule, include), 0, NULL,
      "header that defines the macro, with its quotes or angle brackets" },
    { NULL },
};

static const HfKeySpec slot_keys[] = {
    { "entry", HF_VALUE_WORD, FALSE, FALSE,
      offsetof(HfSlotRule, entry), offsetof(HfSlotRule, entry_set), beliefs,
      "what implementations may assume of capabilities the slot does not "
      "name; `unknown` cuts the caller's context off" },
    { "own", HF_VALUE_BOOL, FALSE, FALSE, offsetof(HfSlotRule, own), 0, NULL,
      "nobody else can reach what the first parameter points to" },
    { NULL },
};

static const HfKeySpec role_keys[] = {
    { "entries", HF_VALUE_PATTERN, TRUE, TRUE,
      offsetof(HfRoleRule, entries), 0, NULL,
      "functions that start it" },
    { "holds", HF_VALUE_CAP_NAME, TRUE, FALSE,
      offsetof(HfRoleRule, holds), 0, NULL,
      "capabilities held on entry" },
    { "unique", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfRoleRule, unique), 0, NULL,
      "at most one thread plays it at a time" },
    { "in_coroutine", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfRoleRule, in_coroutine), 0, NULL,
      "its entries run in a coroutine" },
    { "alone", HF_VALUE_PATTERN, TRUE, FALSE,
      offsetof(HfRoleRule, alone), 0, NULL,
      "functions that no other role gets to, whatever calls them" },
    { NULL },
};

const HfWord hf_intent_words[] = {
    { "caller_holds", 0 }, { "init_phase", 1 }, { "set_once", 2 },
    { "sole_writer", 3 }, { "atomic_hint", 4 }, { "not_shared", 5 },
    { "joined", 6 }, { "kick", 7 }, { "benign", 8 }, { "other", 9 },
    { NULL, 0 },
};

const HfKeySpec hf_intent_keys[] = {
    { "function", HF_VALUE_PATTERN, FALSE, FALSE,
      offsetof(HfIntentRule, function), 0, NULL,
      "where it is found" },
    { "field", HF_VALUE_STRING, FALSE, FALSE,
      offsetof(HfIntentRule, field), 0, NULL,
      "what it is about: `Record.field` or a variable" },
    { "code", HF_VALUE_WORD, FALSE, TRUE,
      offsetof(HfIntentRule, code), 0, hf_intent_words,
      "why it is right; proved again on every run where that can be" },
    { "reason", HF_VALUE_STRING, FALSE, TRUE,
      offsetof(HfIntentRule, reason), 0, NULL,
      "the same for people" },
    { NULL },
};

static const HfKeySpec checker_keys[] = {
    { "enabled", HF_VALUE_BOOL, FALSE, FALSE,
      offsetof(HfCheckerRule, enabled), 0, NULL,
      "whether it runs" },
    { "options", HF_VALUE_OPTIONS, FALSE, FALSE,
      offsetof(HfCheckerRule, options), 0, NULL,
      "its own settings, by name; see its page" },
    { "intentional", HF_VALUE_INTENTS, FALSE, FALSE,
      offsetof(HfCheckerRule, intentional), 0, NULL,
      "findings that are right as they are" },
    { NULL },
};

const HfKeySpec hf_context_keys[] = {
    { "gs", HF_VALUE_NONE, FALSE, FALSE, 0, 0, NULL,
      "what code of context global state may do" },
    { "io", HF_VALUE_NONE, FALSE, FALSE, 1, 0, NULL,
      "what code of context I/O may do" },
    { "io_or_gs", HF_VALUE_NONE, FALSE, FALSE, 2, 0, NULL,
      "what code of context I/O or global state may do" },
    { "gs_requires", HF_VALUE_CAP_NAMES_OR, FALSE, FALSE,
      offsetof(HfContextMatrix, gs_requires), 0, NULL,
      "capabilities, joined by `|`, one of which makes a thread global "
      "state" },
    { "io_or_gs_requires", HF_VALUE_CAP_NAMES_OR, FALSE, FALSE,
      offsetof(HfContextMatrix, io_or_gs_requires), 0, NULL,
      "what io_or_gs code needs outside its home context" },
    { NULL },
};

const HfKeySpec hf_context_row_keys[] = {
    { "may_call", HF_VALUE_WORD, TRUE, TRUE, 0, 0, hf_context_words,
      "contexts whose functions it may call" },
    { NULL },
};

const HfSectionSpec hf_sections[] = {
    { "profile", HF_SECTION_PROFILE, HF_SECTION_VALUE, HF_VALUE_PROFILE,
      FALSE, NULL, 0, 0,
      "the profile's name, the same as the file's or directory's" },
    { "description", HF_SECTION_DESCRIPTION, HF_SECTION_VALUE,
      HF_VALUE_STRING, FALSE, NULL, 0, 0, "what it describes" },
    { "include", HF_SECTION_INCLUDE, HF_SECTION_VALUE, HF_VALUE_PROFILE,
      TRUE, NULL, 0, 0, "profiles read before this one" },
    { "extract", HF_SECTION_EXTRACT, HF_SECTION_OBJECT, 0, FALSE,
      extract_keys, 0, 0, "what parsing needs to know" },
    { "capabilities", HF_SECTION_CAPABILITIES, HF_SECTION_NAMED, 0, FALSE,
      cap_keys, HF_NAMED_NAME, 0,
      "global locks, tokens, roles and modes, by name" },
    { "lock_types", HF_SECTION_LOCK_TYPES, HF_SECTION_NAMED, 0, FALSE,
      lock_type_keys, HF_NAMED_TYPE, 0,
      "types whose objects are locks, by record or typedef name" },
    { "functions", HF_SECTION_FUNCTIONS, HF_SECTION_EFFECTS, 0, FALSE,
      NULL, HF_NAMED_PATTERN, HF_ON_FUNCTION,
      "effects of calls, by name of function or kept macro" },
    { "annotations", HF_SECTION_ANNOTATIONS, HF_SECTION_EFFECTS, 0, FALSE,
      NULL, HF_NAMED_ANNOTATION, HF_ON_ANNOTATION,
      "what annotation strings mean; one `*` captures what `$1` stands for" },
    { "spellings", HF_SECTION_SPELLINGS, HF_SECTION_NAMED, 0, FALSE,
      spelling_keys, HF_NAMED_SPELLING, 0,
      "how annotations are written in this program, by effect; `requires *` "
      "is any lock's, `requires bql` one capability's" },
    { "fields", HF_SECTION_FIELDS, HF_SECTION_EFFECTS, 0, FALSE,
      NULL, HF_NAMED_MEMBER, HF_ON_FIELD,
      "guards of members, by `Record.field`" },
    { "slots", HF_SECTION_SLOTS, HF_SECTION_EFFECTS, 0, FALSE,
      slot_keys, HF_NAMED_MEMBER, HF_ON_SLOT,
      "contracts of function-pointer members, by `Record.field`" },
    { "roles", HF_SECTION_ROLES, HF_SECTION_NAMED, 0, FALSE,
      role_keys, HF_NAMED_NAME, 0,
      "kinds of threads, by name" },
    { "contexts", HF_SECTION_CONTEXT_MATRIX, HF_SECTION_CONTEXTS, 0, FALSE,
      hf_context_keys, 0, 0,
      "which of the contexts gs, io and io_or_gs may call which" },
    { "checkers", HF_SECTION_CHECKERS, HF_SECTION_NAMED, 0, FALSE,
      checker_keys, HF_NAMED_CHECKER, 0,
      "settings of checkers, by name" },
    { "exempt_phases", HF_SECTION_EXEMPT_PHASES, HF_SECTION_VALUE,
      HF_VALUE_PATTERN, TRUE, NULL, 0, 0,
      "functions that run while their object is not shared" },
    { NULL },
};

const char *hf_word_name(const HfWord *words, int value)
{
    for (; words->word; words++)
        if (words->value == value)
            return words->word;
    return NULL;
}

const char *hf_value_kind_text(HfValueKind kind)
{
    switch (kind) {
    case HF_VALUE_STRING:
        return "text";
    case HF_VALUE_NAME:
        return "a C identifier";
    case HF_VALUE_PATTERN:
        return "a C identifier, with * and ?";
    case HF_VALUE_DEFINE:
        return "NAME or NAME=VALUE";
    case HF_VALUE_CAP:
        return "a capability expression";
    case HF_VALUE_CAP_NAME:
        return "the name of a capability";
    case HF_VALUE_CAP_NAMES_OR:
        return "names of capabilities joined by '|'";
    case HF_VALUE_ROLE_NAME:
        return "the name of a role";
    case HF_VALUE_PROFILE:
        return "the name of a profile";
    case HF_VALUE_ARG:
        return "an argument (arg0, arg1, ..., ret)";
    case HF_VALUE_INT:
        return "an integer";
    case HF_VALUE_RANK:
        return "an integer or the name of one";
    case HF_VALUE_PAIR:
        return "NAME, ARG";
    case HF_VALUE_BOOL:
        return "true or false";
    case HF_VALUE_TRUE:
        return "true";
    case HF_VALUE_TRUE_OR_NAME:
        return "true or a function's name";
    case HF_VALUE_OPTIONS:
        return "a mapping of names to values";
    case HF_VALUE_INTENTS:
        return "a list of mappings: function, field, code, reason";
    default:
        return "a value";
    }
}
