/* SPDX-License-Identifier: MIT */
/* The effect keys; see keys.h. */
#include "rules/keys.h"
#include <stddef.h>
#include <string.h>

/* Shorthands for the columns of the table below. */
#define FN HF_ON_FUNCTION
#define SLOT HF_ON_SLOT
#define FIELD HF_ON_FIELD
#define NOTE HF_ON_ANNOTATION
#define CALLS (FN | SLOT | NOTE)
#define CAP HF_VALUE_CAP, offsetof(HfEffect, cap), NULL, -1
#define FLAG HF_VALUE_TRUE, 0, NULL, -1
#define ARG HF_VALUE_ARG, offsetof(HfEffect, arg), NULL, -1

static const HfWord outcomes[] = {
    { "zero", HF_WHEN_ZERO },
    { "nonzero", HF_WHEN_NONZERO },
    { NULL, 0 },
};

static const HfWord runs[] = {
    { "call", HF_RUN_CALL },
    { "thread", HF_RUN_THREAD },
    { "bh", HF_RUN_BH },
    { "timer", HF_RUN_TIMER },
    { "fd", HF_RUN_FD },
    { "coroutine", HF_RUN_COROUTINE },
    { "rcu", HF_RUN_RCU },
    { "pool", HF_RUN_POOL },
    { "signal", HF_RUN_SIGNAL },
    { "atexit", HF_RUN_ATEXIT },
    { NULL, 0 },
};

static const HfKeySpec outcome_keys[] = {
    { "lock", HF_VALUE_CAP, FALSE, TRUE, offsetof(HfEffect, cap), 0, NULL,
      "the capability" },
    { "when", HF_VALUE_WORD, FALSE, TRUE, offsetof(HfEffect, when), 0,
      outcomes, "the result that means yes" },
    { NULL },
};

static const HfKeySpec callback_keys[] = {
    { "function", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "the argument that is called" },
    { "data", HF_VALUE_ARG, FALSE, FALSE, offsetof(HfEffect, data_arg), 0,
      NULL, "the argument passed to it as its first" },
    { "handle", HF_VALUE_ARG, FALSE, FALSE, offsetof(HfEffect, handle_arg), 0,
      NULL, "what the thread is joined by: the result, or the argument that "
      "points to it; of other kinds, what `runs_in` knows the function by" },
    { "loop", HF_VALUE_ARG, FALSE, FALSE, offsetof(HfEffect, loop_arg), 0,
      NULL, "the event loop that runs it; what `gives_loop` says of the one "
      "it may be goes before `role` and `holds`" },
    { "run", HF_VALUE_WORD, FALSE, FALSE, offsetof(HfEffect, run), 0, runs,
      "how it is run; `call`, in the caller's context, when not given" },
    { "role", HF_VALUE_ROLE_NAME, FALSE, FALSE, offsetof(HfEffect, role), 0,
      NULL, "the role that runs it" },
    { "holds", HF_VALUE_CAP_NAME, TRUE, FALSE, offsetof(HfEffect, holds),
      offsetof(HfEffect, holds_known), NULL,
      "capabilities held when it runs, and nothing else; leave it out when "
      "they are not known" },
    { "own", HF_VALUE_BOOL, FALSE, FALSE, offsetof(HfEffect, own), 0, NULL,
      "nobody else can reach what its first parameter points to: it makes the "
      "object, or takes it apart" },
    { NULL },
};

static const HfKeySpec loop_keys[] = {
    { "role", HF_VALUE_ROLE_NAME, FALSE, TRUE, offsetof(HfEffect, role), 0,
      NULL, "the role whose threads run the loop" },
    { "holds", HF_VALUE_CAP_NAME, TRUE, TRUE, offsetof(HfEffect, holds),
      offsetof(HfEffect, holds_known), NULL,
      "capabilities held by what runs in it" },
    { NULL },
};

static const HfKeySpec runs_in_keys[] = {
    { "handle", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "what a callback's `handle` gave" },
    { "loop", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, loop_arg), 0,
      NULL, "the event loop" },
    { NULL },
};

static const HfKeySpec string_copy_keys[] = {
    { "to", HF_VALUE_ARG, FALSE, FALSE, offsetof(HfEffect, arg), 0, NULL,
      "the destination, arg0 when not given" },
    { "instead", HF_VALUE_STRING, FALSE, TRUE, offsetof(HfEffect, other), 0,
      NULL, "what to use instead" },
    { NULL },
};

static const HfKeySpec pair_keys[] = {
    { "name", HF_VALUE_NAME, FALSE, TRUE, offsetof(HfEffect, cap), 0, NULL,
      "the pair's name" },
    { "arg", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "what is opened or closed" },
    { NULL },
};

static const HfKeySpec blocking_keys[] = {
    { "until", HF_VALUE_NAME, FALSE, TRUE, offsetof(HfEffect, other), 0, NULL,
      "what ends the wait: the `what` of an effect `wakes`" },
    { "object", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "the object it happens to" },
    { NULL },
};

static const HfKeySpec wakes_keys[] = {
    { "what", HF_VALUE_NAME, FALSE, TRUE, offsetof(HfEffect, other), 0, NULL,
      "the word that waits have as their `until`" },
    { "object", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "the object it happens to" },
    { NULL },
};

static const HfKeySpec pair_open_keys[] = {
    { "name", HF_VALUE_NAME, FALSE, TRUE, offsetof(HfEffect, cap), 0, NULL,
      "the pair's name" },
    { "arg", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "what is taken out: the result, an object passed, or where it is put" },
    { "when", HF_VALUE_WORD, FALSE, FALSE, offsetof(HfEffect, when), 0,
      outcomes, "the result for which it was; any, when not given" },
    { NULL },
};

static const HfWord sinks[] = {
    { "descriptor", HF_TO_DESCRIPTOR },
    { "stream", HF_TO_STREAM },
    { "guest", HF_TO_GUEST },
    { NULL, 0 },
};

static const HfKeySpec sends_keys[] = {
    { "data", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, arg), 0, NULL,
      "points to the bytes" },
    { "size", HF_VALUE_ARG, FALSE, TRUE, offsetof(HfEffect, size_arg), 0,
      NULL, "how many, or how large one is" },
    { "count", HF_VALUE_ARG, FALSE, FALSE, offsetof(HfEffect, count_arg), 0,
      NULL, "how many of that size" },
    { "to", HF_VALUE_WORD, FALSE, FALSE, offsetof(HfEffect, sink), 0, sinks,
      "where they go: a `descriptor` (which may lead back to this process), "
      "when not given; a `stream` that leaves it, or a `guest`" },
    { NULL },
};

const HfEffectSpec hf_effects[] = {
    { "acquire", HF_EFF_ACQUIRE, CALLS, CAP, "acquires the capability" },
    { "acquire_shared", HF_EFF_ACQUIRE_SHARED, CALLS, CAP,
      "acquires it in shared mode" },
    { "try_acquire", HF_EFF_TRY_ACQUIRE, CALLS, HF_VALUE_NONE, 0,
      outcome_keys, -1, "acquires it if the result says so" },
    { "try_acquire_shared", HF_EFF_TRY_ACQUIRE_SHARED, CALLS, HF_VALUE_NONE,
      0, outcome_keys, -1, "the same in shared mode" },
    { "release", HF_EFF_RELEASE, CALLS, CAP,
      "releases it, whatever the mode" },
    { "drop_and_retake", HF_EFF_DROP_AND_RETAKE, CALLS, CAP,
      "may release it and take it again: waits on a condition, polls" },
    { "requires", HF_EFF_REQUIRES, CALLS, CAP, "must be called with it" },
    { "requires_shared", HF_EFF_REQUIRES_SHARED, CALLS, CAP,
      "must be called with it, shared mode suffices" },
    { "excludes", HF_EFF_EXCLUDES, CALLS, CAP, "must be called without it" },
    { "assert_held", HF_EFF_ASSERT_HELD, CALLS, CAP,
      "aborts unless it is held" },
    { "assert_shared", HF_EFF_ASSERT_SHARED, CALLS, CAP,
      "aborts unless it is held in some mode" },
    { "test_held", HF_EFF_TEST_HELD, CALLS, HF_VALUE_NONE, 0, outcome_keys,
      -1, "the result tells whether it is held" },
    { "init", HF_EFF_INIT, CALLS, CAP, "initialises the lock" },
    { "destroy", HF_EFF_DESTROY, CALLS, CAP, "destroys the lock" },
    { "gs", HF_EFF_GLOBAL_STATE, CALLS, FLAG, "global state code" },
    { "io", HF_EFF_IO, CALLS, FLAG, "I/O code" },
    { "io_or_gs", HF_EFF_IO_OR_GS, CALLS, FLAG,
      "I/O code that also runs as global state" },
    { "coroutine", HF_EFF_COROUTINE, CALLS, FLAG, "runs in coroutines only" },
    { "no_coroutine", HF_EFF_NO_COROUTINE, CALLS, FLAG,
      "must not run in a coroutine" },
    { "coroutine_mixed", HF_EFF_COROUTINE_MIXED, CALLS, FLAG,
      "runs inside and outside coroutines" },
    { "co_wrapper", HF_EFF_CO_WRAPPER, CALLS, HF_VALUE_TRUE_OR_NAME,
      offsetof(HfEffect, other), NULL, -1,
      "runs a coroutine to its end; in a coroutine call what it wraps, whose "
      "name may be given" },
    { "co_wrapper_mixed", HF_EFF_CO_WRAPPER_MIXED, CALLS,
      HF_VALUE_TRUE_OR_NAME, offsetof(HfEffect, other), NULL, -1,
      "the same, but works in a coroutine too" },
    { "guarded_by", HF_EFF_GUARDED_BY, FIELD | NOTE, CAP,
      "accessed with it only" },
    { "pt_guarded_by", HF_EFF_PT_GUARDED_BY, FIELD | NOTE, CAP,
      "what it points to is accessed with it only" },
    { "rcu_protected", HF_EFF_RCU_PROTECTED, FIELD | NOTE, FLAG,
      "what it points to is valid in an RCU read section only" },
    { "returns_arg", HF_EFF_RETURNS_ARG, CALLS, ARG,
      "the result is that argument" },
    { "returns_lock", HF_EFF_RETURNS_LOCK, CALLS, CAP,
      "the result points to that lock" },
    { "alloc", HF_EFF_ALLOC, CALLS, ARG,
      "`ret`, or what the argument points to, becomes a fresh object" },
    { "free", HF_EFF_FREE, CALLS, ARG, "the object is gone" },
    { "rcu_read", HF_EFF_RCU_READ, CALLS, ARG,
      "reads the RCU pointer the argument points to" },
    { "rcu_publish", HF_EFF_RCU_PUBLISH, CALLS, ARG,
      "publishes through the RCU pointer the argument points to" },
    { "fill", HF_EFF_FILL, CALLS, ARG,
      "overwrites what the argument, or the result, points to" },
    { "changes", HF_EFF_CHANGES, CALLS, ARG,
      "puts something into the container the argument points to, or takes it "
      "out" },
    { "string_copy", HF_EFF_STRING_COPY, CALLS, HF_VALUE_STRING,
      offsetof(HfEffect, other), string_copy_keys, 0,
      "copies a string without a bound; says what to use instead" },
    { "string_copy_truncating", HF_EFF_STRING_COPY_TRUNCATING, CALLS,
      HF_VALUE_STRING, offsetof(HfEffect, other), string_copy_keys, 0,
      "copies a string, silently cutting it or leaving it unterminated" },
    { "pair_open", HF_EFF_PAIR_OPEN, CALLS, HF_VALUE_PAIR,
      offsetof(HfEffect, arg), pair_open_keys, -1,
      "takes something out that is to be given back" },
    { "pair_close", HF_EFF_PAIR_CLOSE, CALLS, HF_VALUE_PAIR,
      offsetof(HfEffect, arg), pair_keys, -1,
      "gives it back, or hands it on" },
    { "sends", HF_EFF_SENDS, CALLS, HF_VALUE_NONE, 0, sends_keys, -1,
      "sends bytes out of the program as they are" },
    { "noreturn", HF_EFF_NORETURN, CALLS, FLAG, "does not return" },
    { "unjudged", HF_EFF_UNJUDGED, CALLS, FLAG,
      "the branch that calls it is not judged: a caller's mistake was found, "
      "or the thread has come there from elsewhere" },
    { "succeeds", HF_EFF_SUCCEEDS, CALLS, FLAG,
      "the result is 0: what would be done about a failure is not judged" },
    { "returns_twice", HF_EFF_RETURNS_TWICE, CALLS, FLAG,
      "returns 0, and once more with another result from somewhere below, "
      "with whatever locks are held there" },
    { "blocking", HF_EFF_BLOCKING, CALLS, HF_VALUE_TRUE, 0, blocking_keys, -1,
      "may block the calling thread; as a mapping, until somebody else does "
      "something" },
    { "may_block", HF_EFF_MAY_BLOCK, CALLS, HF_VALUE_NONE, 0, blocking_keys,
      -1, "the same, but the wait may also end by itself: input, a limit on "
      "time" },
    { "wakes", HF_EFF_WAKES, CALLS, HF_VALUE_NONE, 0, wakes_keys, -1,
      "ends such waits" },
    { "callback", HF_EFF_CALLBACK, CALLS, HF_VALUE_ARG,
      offsetof(HfEffect, arg), callback_keys, -1,
      "calls a function it is given, or has it called later" },
    { "join", HF_EFF_JOIN, CALLS, ARG,
      "waits until the thread has ended whose handle the argument is, or "
      "points to" },
    { "gives_loop", HF_EFF_GIVES_LOOP, CALLS, HF_VALUE_NONE, 0, loop_keys, -1,
      "the result names an event loop" },
    { "runs_in", HF_EFF_RUNS_IN, CALLS, HF_VALUE_NONE, 0, runs_in_keys, -1,
      "has an event loop run the function that a handle stands for" },
    { "moves_to", HF_EFF_MOVES_TO, CALLS, ARG,
      "the caller goes on in the event loop that the argument names" },
    { "yields", HF_EFF_YIELDS, CALLS, FLAG,
      "the coroutine sleeps until somebody `wakes` it by the word `enter`, by "
      "the handle that it has put somewhere" },
    { "self", HF_EFF_SELF, CALLS, FLAG,
      "the result is the handle of the coroutine that calls" },
    { "intentional", HF_EFF_INTENTIONAL, FN | NOTE, FLAG,
      "marks what is meant: argument 0 is a checker, 1 the reason" },
    { "no_analysis", HF_EFF_NO_ANALYSIS, CALLS, FLAG,
      "the body is not judged" },
    { "acquired_before", HF_EFF_ACQUIRED_BEFORE, FIELD | NOTE, CAP,
      "this lock is acquired before that one" },
    { "acquired_after", HF_EFF_ACQUIRED_AFTER, FIELD | NOTE, CAP,
      "this lock is acquired after that one" },
    { "rank", HF_EFF_RANK, FIELD | NOTE, HF_VALUE_RANK,
      offsetof(HfEffect, arg), NULL, 0,
      "this lock's rank; locks are acquired in ascending rank" },
    { "capability", HF_EFF_CAPABILITY, NOTE, HF_VALUE_STRING,
      offsetof(HfEffect, other), NULL, -1,
      "objects of this type are locks; the word for them" },
    { "token", HF_EFF_TOKEN, NOTE, CAP, "this object is a token" },
    { "role", HF_EFF_ROLE, NOTE, CAP,
      "this object is a role, or threads of it start in this function" },
    { NULL },
};

const HfEffectSpec *hf_effect_by_name(const char *name)
{
    for (const HfEffectSpec *e = hf_effects; e->name; e++)
        if (strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

const HfEffectSpec *hf_effect_by_kind(HfEffectKind kind)
{
    for (const HfEffectSpec *e = hf_effects; e->name; e++)
        if (e->kind == kind)
            return e;
    return NULL;
}
