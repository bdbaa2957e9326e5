/* SPDX-License-Identifier: MIT */
/*
 * annotations.h - locks, roles and contexts, written once, read five ways.
 *
 *   reading    when                      a declaration macro is
 *   Holdfast   __HOLDFAST__              annotate("hf:VERB:EXPRESSION")
 *   sparse     __CHECKER__               context() and noderef, where sparse
 *                                        0.6.4 has something to say
 *   TSA        clang                     a thread-safety attribute
 *   plain      any other compiler        nothing
 *   debug      HOLDFAST_DEBUG_CHECKS,    statements call the program's hooks;
 *              with plain or TSA         declarations stay as they are
 *
 * The first line of the table that applies wins; debug comes on top of the
 * last two.  HOLDFAST_NO_TSA makes clang a plain compiler.  With
 * HOLDFAST_SHORT_NAMES every macro also has its name without HF_.
 *
 *     struct Stream {
 *         Mutex lock;
 *         FILE *out HF_GUARDED_BY(&lock);
 *     };
 *     void stream_flush(struct Stream *s) HF_REQUIRES(&s->lock);
 *
 * Write a sibling lock as &lock: in C, clang understands no other spelling.
 * Annotations stand after the declarator or before the name; what clang
 * cannot take there (function pointers, typedefs) goes into HF_SLOT().
 * README.md has every macro in all five readings.
 *
 * Threads: the header holds no state.  Valid C99 and C++11, also -pedantic.
 */
#ifndef HOLDFAST_ANNOTATIONS_H
#define HOLDFAST_ANNOTATIONS_H

/* ---- which reading ------------------------------------------------------ */

/* HF_READ_(Holdfast's string, TSA's attribute, sparse's attributes) */
#if defined(__HOLDFAST__)
#define HF_READ_(hf, tsa, sparse) __attribute__((__annotate__("hf:" hf)))
#define HF_SLOT_READ_(...) __VA_ARGS__
#define HF_NO_TSA_READ_
#elif defined(__CHECKER__)
#define HF_READ_(hf, tsa, sparse) sparse
#define HF_SLOT_READ_(...) __VA_ARGS__
#define HF_NO_TSA_READ_
#elif defined(__clang__) && !defined(HOLDFAST_NO_TSA)
#define HF_TSA_
#define HF_READ_(hf, tsa, sparse) __attribute__((tsa))
#define HF_SLOT_READ_(...)
#define HF_NO_TSA_READ_ __attribute__((__no_thread_safety_analysis__))
#else
#define HF_READ_(hf, tsa, sparse)
#define HF_SLOT_READ_(...)
#define HF_NO_TSA_READ_
#endif

#define HF_CAT_(a, b) HF_CAT2_(a, b)
#define HF_CAT2_(a, b) a##b
#define HF_STR_(x) #x
#define HF_XSTR_(x) HF_STR_(x)

/* sparse counts, whatever the lock: one context() for each of up to four. */
#define HF_CONTEXT1_(in, out, a) __attribute__((context(a, in, out)))
#define HF_CONTEXT2_(in, out, a, b) \
    HF_CONTEXT1_(in, out, a) HF_CONTEXT1_(in, out, b)
#define HF_CONTEXT3_(in, out, a, b, c) \
    HF_CONTEXT2_(in, out, a, b) HF_CONTEXT1_(in, out, c)
#define HF_CONTEXT4_(in, out, a, b, c, d) \
    HF_CONTEXT3_(in, out, a, b, c) HF_CONTEXT1_(in, out, d)
#define HF_FIFTH_(a, b, c, d, n, ...) n
#define HF_CONTEXT_(in, out, ...)                                        \
    HF_FIFTH_(__VA_ARGS__, HF_CONTEXT4_, HF_CONTEXT3_, HF_CONTEXT2_,     \
              HF_CONTEXT1_, 0)(in, out, __VA_ARGS__)

/* ---- locks -------------------------------------------------------------- */

/* On a struct, union or typedef: objects of it can be held.  kind is a word
 * for messages: mutex, rwlock, spinlock. */
#define HF_CAPABILITY(kind) \
    HF_READ_("capability:" #kind, __capability__(#kind), )

/* On a field or variable: it, or what it points to, needs the lock (shared
 * to read, exclusive to write). */
#define HF_GUARDED_BY(lock) \
    HF_READ_("guarded_by:" #lock, __guarded_by__(lock), )
#define HF_PT_GUARDED_BY(lock) \
    HF_READ_("pt_guarded_by:" #lock, __pt_guarded_by__(lock), )

/* On a function: what callers must hold, and still hold afterwards. */
#define HF_REQUIRES(...)                       \
    HF_READ_("requires:" #__VA_ARGS__,         \
             __requires_capability__(__VA_ARGS__), \
             HF_CONTEXT_(1, 1, __VA_ARGS__))
#define HF_REQUIRES_SHARED(...)                       \
    HF_READ_("requires_shared:" #__VA_ARGS__,         \
             __requires_shared_capability__(__VA_ARGS__), \
             HF_CONTEXT_(1, 1, __VA_ARGS__))
#define HF_EXCLUDES(...) \
    HF_READ_("excludes:" #__VA_ARGS__, __locks_excluded__(__VA_ARGS__), )

/* As HF_REQUIRES, but the function may drop the lock and retake it: what was
 * read under it before the call is stale. */
#define HF_DROPS(...)                          \
    HF_READ_("drops:" #__VA_ARGS__,            \
             __requires_capability__(__VA_ARGS__), \
             HF_CONTEXT_(1, 1, __VA_ARGS__))

#define HF_ACQUIRE(...)                       \
    HF_READ_("acquire:" #__VA_ARGS__,         \
             __acquire_capability__(__VA_ARGS__), \
             HF_CONTEXT_(0, 1, __VA_ARGS__))
#define HF_ACQUIRE_SHARED(...)                       \
    HF_READ_("acquire_shared:" #__VA_ARGS__,         \
             __acquire_shared_capability__(__VA_ARGS__), \
             HF_CONTEXT_(0, 1, __VA_ARGS__))
#define HF_RELEASE(...)                       \
    HF_READ_("release:" #__VA_ARGS__,         \
             __release_capability__(__VA_ARGS__), \
             HF_CONTEXT_(1, 0, __VA_ARGS__))
#define HF_RELEASE_SHARED(...)                       \
    HF_READ_("release_shared:" #__VA_ARGS__,         \
             __release_shared_capability__(__VA_ARGS__), \
             HF_CONTEXT_(1, 0, __VA_ARGS__))

/* Held when the result, as a truth value, is success: write 0 or 1. */
#define HF_TRY_ACQUIRE(success, ...)                    \
    HF_READ_("try_acquire:" #success ":" #__VA_ARGS__, \
             __try_acquire_capability__(success, __VA_ARGS__), )
#define HF_TRY_ACQUIRE_SHARED(success, ...)                    \
    HF_READ_("try_acquire_shared:" #success ":" #__VA_ARGS__, \
             __try_acquire_shared_capability__(success, __VA_ARGS__), )

/* On a function that aborts unless the lock is held. */
#define HF_ASSERTS_HELD(...)             \
    HF_READ_("assert_held:" #__VA_ARGS__, \
             __assert_capability__(__VA_ARGS__), )
#define HF_ASSERTS_HELD_SHARED(...)        \
    HF_READ_("assert_shared:" #__VA_ARGS__, \
             __assert_shared_capability__(__VA_ARGS__), )

/* On a function that returns a pointer to the lock. */
#define HF_RETURNS_LOCK(lock) \
    HF_READ_("returns_lock:" #lock, __lock_returned__(lock), )

/* On a lock: order.  A lock may be taken while locks of smaller rank are
 * held.  rank is a number or a macro that is one. */
#define HF_LOCK_RANK(rank) HF_READ_("rank:" HF_XSTR_(rank), , )
#define HF_ACQUIRED_BEFORE(...)              \
    HF_READ_("acquired_before:" #__VA_ARGS__, \
             __acquired_before__(__VA_ARGS__), )
#define HF_ACQUIRED_AFTER(...)              \
    HF_READ_("acquired_after:" #__VA_ARGS__, \
             __acquired_after__(__VA_ARGS__), )

/* ---- tokens and roles --------------------------------------------------- */

/* Capabilities without a lock behind them.  A token is something one may be
 * in the middle of; a role is a kind of thread. */
typedef struct HF_CAPABILITY(token) HfToken {
    char unused_;
} HfToken;
typedef struct HF_CAPABILITY(role) HfRole {
    char unused_;
} HfRole;

/* At file scope, with a semicolon.  Afterwards `name` is an object for any of
 * the macros above.  It is never defined, except in debug builds, where its
 * address tells the hook which token is meant. */
#if defined(HOLDFAST_DEBUG_CHECKS) && !defined(__HOLDFAST__) && \
    !defined(__CHECKER__)
#define HF_DEBUG_
#define HF_OBJECT_(type, verb, name) __attribute__((__weak__)) type name
#else
#define HF_OBJECT_(type, verb, name) \
    extern type name HF_READ_(verb ":" #name, , )
#endif
#define HF_TOKEN_DECLARE(name) HF_OBJECT_(HfToken, "token", name)
#define HF_ROLE_DECLARE(name) HF_OBJECT_(HfRole, "role", name)

/* On a function a thread of that role starts in. */
#define HF_ROLE_ENTRY(name) \
    HF_READ_("role:" #name, __requires_capability__(name), )

/* ---- contexts ----------------------------------------------------------- */

/* What TSA requires of global-state code: the program's big lock, when it
 * says so before it includes this header, else a token. */
#ifndef HF_GLOBAL_STATE_CAP
#define HF_GLOBAL_STATE_CAP hf_global_state
HF_TOKEN_DECLARE(hf_global_state);
#endif

/* On functions: only for global-state code; from any thread; from global
 * state or the home context. */
#define HF_GS_FN \
    HF_READ_("gs", __requires_capability__(HF_GLOBAL_STATE_CAP), )
#define HF_IO_FN HF_READ_("io", , )
#define HF_IO_OR_GS_FN HF_READ_("io_or_gs", , )

#define HF_COROUTINE_FN HF_READ_("coroutine", , )
#define HF_NO_COROUTINE_FN HF_READ_("no_coroutine", , )
#define HF_COROUTINE_MIXED_FN HF_READ_("coroutine_mixed", , )
/* On the declaration of a wrapper generated round a coroutine function. */
#define HF_CO_WRAPPER HF_READ_("co_wrapper", , )
#define HF_CO_WRAPPER_MIXED HF_READ_("co_wrapper_mixed", , )
#define HF_CO_WRAPPER_BDRV_RDLOCK HF_READ_("co_wrapper:bdrv_rdlock", , )
#define HF_CO_WRAPPER_MIXED_BDRV_RDLOCK \
    HF_READ_("co_wrapper_mixed:bdrv_rdlock", , )

/* The block graph's lock, which the program declares itself. */
#ifndef HF_GRAPH_LOCK
#define HF_GRAPH_LOCK graph_lock
#endif
#define HF_GRAPH_RDLOCK                                      \
    HF_READ_("requires_shared:" HF_XSTR_(HF_GRAPH_LOCK),     \
             __requires_shared_capability__(HF_GRAPH_LOCK),  \
             HF_CONTEXT_(1, 1, HF_GRAPH_LOCK))
#define HF_GRAPH_WRLOCK                               \
    HF_READ_("requires:" HF_XSTR_(HF_GRAPH_LOCK),     \
             __requires_capability__(HF_GRAPH_LOCK),  \
             HF_CONTEXT_(1, 1, HF_GRAPH_LOCK))
#define HF_GRAPH_UNLOCKED                         \
    HF_READ_("excludes:" HF_XSTR_(HF_GRAPH_LOCK), \
             __locks_excluded__(HF_GRAPH_LOCK), )
/* On function pointers.  Guarding the pointer is how TSA gets to check the
 * call: the pointer has to be read for it. */
#define HF_GRAPH_RDLOCK_PTR                              \
    HF_READ_("requires_shared:" HF_XSTR_(HF_GRAPH_LOCK), \
             __guarded_by__(HF_GRAPH_LOCK), )
#define HF_GRAPH_WRLOCK_PTR                       \
    HF_READ_("requires:" HF_XSTR_(HF_GRAPH_LOCK), \
             __guarded_by__(HF_GRAPH_LOCK), )
#define HF_GRAPH_UNLOCKED_PTR HF_READ_("excludes:" HF_XSTR_(HF_GRAPH_LOCK), , )

/* ---- RCU ---------------------------------------------------------------- */

#ifndef HF_RCU_TOKEN
#define HF_RCU_TOKEN hf_rcu_read
HF_TOKEN_DECLARE(hf_rcu_read);
#endif
/* On a pointer field or variable, last in its declaration: it is read in a
 * read section, and only ever through an atomic access to its address. */
#define HF_RCU_PROTECTED                             \
    HF_READ_("rcu_protected", __guarded_by__(HF_RCU_TOKEN), \
             __attribute__((noderef)))
/* On a function: to be called in a read section. */
#define HF_RCU_READ                                         \
    HF_READ_("requires_shared:" HF_XSTR_(HF_RCU_TOKEN),     \
             __requires_shared_capability__(HF_RCU_TOKEN),  \
             HF_CONTEXT_(1, 1, HF_RCU_TOKEN))

/* ---- the rest ----------------------------------------------------------- */

/* On functions that take an element out, or give one back: all that is opened
 * is closed on every path, or handed on.  arg is the parameter's name, or
 * `ret` for the result. */
#define HF_PAIR_OPEN(name, arg) HF_READ_("pair_open:" #name ", " #arg, , )
#define HF_PAIR_CLOSE(name, arg) HF_READ_("pair_close:" #name ", " #arg, , )

/* Round annotations of a function pointer (field, parameter, variable) or a
 * typedef of one, where TSA takes none. */
#define HF_SLOT(...) HF_SLOT_READ_(__VA_ARGS__)

/* On a function, before its name: its body is not judged. */
#define HF_NO_ANALYSIS \
    HF_READ_("no_analysis", __no_thread_safety_analysis__, )
/* The same for TSA alone: for what is right but more than it can follow. */
#define HF_NO_TSA HF_NO_TSA_READ_

/* ---- statements --------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

/*
 *     HF_ASSERT_HELD(&s->lock);
 *     HF_GLOBAL_STATE_CODE();
 *     HF_INTENTIONAL(MISSING_LOCK, "sole_writer: only this thread sets it");
 *
 * HF_INTENTIONAL speaks of the statement that follows it; its first argument
 * is the checker, its second starts with the reason code.
 */
/* What the hooks of the debug reading are told of a context; declared in every
 * reading, since the program defines the hooks in every reading. */
typedef enum HfContext {
    HF_CONTEXT_GLOBAL_STATE,
    HF_CONTEXT_IO,
    HF_CONTEXT_IO_OR_GS
} HfContext;

#if defined(__HOLDFAST__)

void hf_mark_global_state_code(void);
void hf_mark_io_code(void);
void hf_mark_io_or_gs_code(void);
void hf_mark_intentional(const char *code, const char *text);
void hf_mark_assert_held(const void *lock);
void hf_mark_assert_shared(const void *lock);

#define HF_ASSERT_HELD(lock) hf_mark_assert_held(lock)
#define HF_ASSERT_HELD_SHARED(lock) hf_mark_assert_shared(lock)
#define HF_GLOBAL_STATE_CODE() hf_mark_global_state_code()
#define HF_IO_CODE() hf_mark_io_code()
#define HF_IO_OR_GS_CODE() hf_mark_io_or_gs_code()
#define HF_INTENTIONAL(code, text) hf_mark_intentional(#code, text)

#else

/*
 * The hooks of the debug reading.  The program defines what it wants checked;
 * what it leaves out is not.  They abort when the promise is broken, and run
 * in whatever thread executes the statement.  (A hook that only lies in a
 * static library is not pulled in by its weak reference here: keep it in an
 * object file that is linked anyway.)
 */
#ifdef HF_DEBUG_
/* hook, what it is told, and the inline function that calls it if there */
#define HF_DEFINE_HOOK_(hook, type, caller)                             \
    __attribute__((__weak__)) void hook(type, const char *file, int line); \
    static inline void caller(type what, const char *file, int line)   \
    {                                                                   \
        if (hook) {                                                     \
            hook(what, file, line);                                     \
        }                                                               \
    }
HF_DEFINE_HOOK_(hf_debug_assert_held, const void *, hf_call_held_)
HF_DEFINE_HOOK_(hf_debug_assert_held_shared, const void *, hf_call_shared_)
HF_DEFINE_HOOK_(hf_debug_assert_context, HfContext, hf_call_context_)
#define HF_HOOK_(caller, what) caller((what), __FILE__, __LINE__)
#else
/* Keeps the expression compiling, and its variables used, in every build. */
#define HF_HOOK_(caller, what) ((void)sizeof(what))
#endif

#ifdef HF_TSA_
/*
 * TSA takes an assertion only from a call of a function with the attribute.
 * So each statement declares one of its own, and calls it where no code is
 * generated: constant_p does not evaluate its operand, but TSA's control
 * flow passes through it.
 */
#define HF_FACT_(attribute)                                          \
    HF_FACT2_(attribute, HF_CAT_(hf_assertion_, __COUNTER__))
#define HF_FACT2_(attribute, function)                               \
    void function(void) __attribute__((attribute));                  \
    (void)__builtin_constant_p((function(), 0))
#else
#define HF_FACT_(attribute) ((void)0)
#endif

#define HF_ASSERT_HELD(lock)                      \
    do {                                          \
        HF_FACT_(__assert_capability__(lock));    \
        HF_HOOK_(hf_call_held_, lock);            \
    } while (0)
#define HF_ASSERT_HELD_SHARED(lock)                   \
    do {                                              \
        HF_FACT_(__assert_shared_capability__(lock)); \
        HF_HOOK_(hf_call_shared_, lock);              \
    } while (0)
#define HF_GLOBAL_STATE_CODE()                                      \
    do {                                                            \
        HF_FACT_(__assert_capability__(HF_GLOBAL_STATE_CAP));       \
        HF_HOOK_(hf_call_context_, HF_CONTEXT_GLOBAL_STATE);        \
    } while (0)
#define HF_IO_CODE() HF_HOOK_(hf_call_context_, HF_CONTEXT_IO)
#define HF_IO_OR_GS_CODE() HF_HOOK_(hf_call_context_, HF_CONTEXT_IO_OR_GS)
#define HF_INTENTIONAL(code, text) ((void)sizeof(text))

#endif

#ifdef __cplusplus
}
#endif

/* ---- short names -------------------------------------------------------- */

/* Plain aliases, so that arguments reach the macros above as written. */
#ifdef HOLDFAST_SHORT_NAMES
#define CAPABILITY HF_CAPABILITY
#define GUARDED_BY HF_GUARDED_BY
#define PT_GUARDED_BY HF_PT_GUARDED_BY
#define REQUIRES HF_REQUIRES
#define REQUIRES_SHARED HF_REQUIRES_SHARED
#define EXCLUDES HF_EXCLUDES
#define DROPS HF_DROPS
#define ACQUIRE HF_ACQUIRE
#define ACQUIRE_SHARED HF_ACQUIRE_SHARED
#define RELEASE HF_RELEASE
#define RELEASE_SHARED HF_RELEASE_SHARED
#define TRY_ACQUIRE HF_TRY_ACQUIRE
#define TRY_ACQUIRE_SHARED HF_TRY_ACQUIRE_SHARED
#define ASSERTS_HELD HF_ASSERTS_HELD
#define ASSERTS_HELD_SHARED HF_ASSERTS_HELD_SHARED
#define RETURNS_LOCK HF_RETURNS_LOCK
#define LOCK_RANK HF_LOCK_RANK
#define ACQUIRED_BEFORE HF_ACQUIRED_BEFORE
#define ACQUIRED_AFTER HF_ACQUIRED_AFTER
#define TOKEN_DECLARE HF_TOKEN_DECLARE
#define ROLE_DECLARE HF_ROLE_DECLARE
#define ROLE_ENTRY HF_ROLE_ENTRY
#define GS_FN HF_GS_FN
#define IO_FN HF_IO_FN
#define IO_OR_GS_FN HF_IO_OR_GS_FN
#define coroutine_fn HF_COROUTINE_FN
#define no_coroutine_fn HF_NO_COROUTINE_FN
#define coroutine_mixed_fn HF_COROUTINE_MIXED_FN
#define co_wrapper HF_CO_WRAPPER
#define co_wrapper_mixed HF_CO_WRAPPER_MIXED
#define co_wrapper_bdrv_rdlock HF_CO_WRAPPER_BDRV_RDLOCK
#define co_wrapper_mixed_bdrv_rdlock HF_CO_WRAPPER_MIXED_BDRV_RDLOCK
#define GRAPH_RDLOCK HF_GRAPH_RDLOCK
#define GRAPH_WRLOCK HF_GRAPH_WRLOCK
#define GRAPH_UNLOCKED HF_GRAPH_UNLOCKED
#define GRAPH_RDLOCK_PTR HF_GRAPH_RDLOCK_PTR
#define GRAPH_WRLOCK_PTR HF_GRAPH_WRLOCK_PTR
#define GRAPH_UNLOCKED_PTR HF_GRAPH_UNLOCKED_PTR
#define RCU_PROTECTED HF_RCU_PROTECTED
#define RCU_READ HF_RCU_READ
#define PAIR_OPEN HF_PAIR_OPEN
#define PAIR_CLOSE HF_PAIR_CLOSE
#define SLOT HF_SLOT
#define NO_ANALYSIS HF_NO_ANALYSIS
#define NO_TSA HF_NO_TSA
#define ASSERT_HELD HF_ASSERT_HELD
#define ASSERT_HELD_SHARED HF_ASSERT_HELD_SHARED
#define GLOBAL_STATE_CODE HF_GLOBAL_STATE_CODE
#define IO_CODE HF_IO_CODE
#define IO_OR_GS_CODE HF_IO_OR_GS_CODE
#define INTENTIONAL HF_INTENTIONAL
#endif

#endif
