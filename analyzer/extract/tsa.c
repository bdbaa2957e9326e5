/* SPDX-License-Identifier: MIT */
/*
 * tsa.c - makes Clang's thread-safety attributes readable.
 *
 * libclang shows neither their names nor their arguments.  So every attribute
 * name becomes a macro that gives itself and, beside it, an annotation with
 * the same text: "tsa:NAME:ARGUMENTS".  A macro does not expand inside its
 * own expansion, and a function-like one only fires before a parenthesis, so
 * a field or variable of the same name stays what it was.
 *
 * Attributes without arguments would need object-like macros, which do fire
 * anywhere.  Only names nobody uses for something else are taken: `lockable`
 * is an ordinary word and is left out, `__lockable__` is reserved.
 *
 * Known limit: a project that itself defines a macro of one of these names
 * replaces ours, and its contracts of that kind stay unseen.
 */
#include "clang_env.h"

#define WITH_ARGS_AS(spelling, name)                              \
    "-D" #spelling "(...)=" #spelling "(__VA_ARGS__),"            \
    "annotate(\"tsa:" #name ":\"#__VA_ARGS__)"
#define WITH_ARGS(name)                                           \
    WITH_ARGS_AS(name, name), WITH_ARGS_AS(__##name##__, name)
#define WITHOUT_ARGS_AS(spelling, name)                           \
    "-D" #spelling "=" #spelling ",annotate(\"tsa:" #name "\")"
#define WITHOUT_ARGS(name)                                        \
    WITHOUT_ARGS_AS(name, name), WITHOUT_ARGS_AS(__##name##__, name)

static const char *const defines[] = {
    /* data */
    WITH_ARGS(guarded_by),
    WITH_ARGS(pt_guarded_by),
    WITH_ARGS(acquired_before),
    WITH_ARGS(acquired_after),
    /* types */
    WITH_ARGS(capability),
    WITH_ARGS(shared_capability),
    WITHOUT_ARGS_AS(__lockable__, lockable),
    WITHOUT_ARGS(scoped_lockable),
    /* functions */
    WITH_ARGS(requires_capability),
    WITH_ARGS(requires_shared_capability),
    WITH_ARGS(exclusive_locks_required),
    WITH_ARGS(shared_locks_required),
    WITH_ARGS(locks_excluded),
    WITH_ARGS(acquire_capability),
    WITH_ARGS(acquire_shared_capability),
    WITH_ARGS(exclusive_lock_function),
    WITH_ARGS(shared_lock_function),
    WITH_ARGS(release_capability),
    WITH_ARGS(release_shared_capability),
    WITH_ARGS(release_generic_capability),
    WITH_ARGS(unlock_function),
    WITH_ARGS(try_acquire_capability),
    WITH_ARGS(try_acquire_shared_capability),
    WITH_ARGS(exclusive_trylock_function),
    WITH_ARGS(shared_trylock_function),
    WITH_ARGS(assert_capability),
    WITH_ARGS(assert_shared_capability),
    WITH_ARGS(assert_exclusive_lock),
    WITH_ARGS(assert_shared_lock),
    WITH_ARGS(lock_returned),
    WITHOUT_ARGS(no_thread_safety_analysis),
};

const char *const *hf_tsa_defines(guint *n)
{
    *n = G_N_ELEMENTS(defines);
    return defines;
}
