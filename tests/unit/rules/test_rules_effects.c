/* SPDX-License-Identifier: MIT */
/* Every effect key, in every form it has, read into the right members. */
#include "rules/keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* What a case expects; members left out are the defaults of `expect()`. */
typedef struct {
    const char *yaml; /* of one rule's effects */
    HfEffectKind kind;
    const char *cap;
    int arg;
    HfWhen when;
    const char *other;
    HfRunKind run;
    const char *role;
    const char *holds; /* joined by spaces; NULL: not known */
    int data_arg;
    int handle_arg; /* 0: not given */
} Case;

#define NOARG -1
#define NODATA HF_ARG_NONE
#define BASIC(y, k, c) { y, k, c, NOARG, 0, NULL, 0, NULL, NULL, NODATA }
#define WITH_ARG(y, k, a) { y, k, NULL, a, 0, NULL, 0, NULL, NULL, NODATA }
#define WHEN(y, k, c, w) { y, k, c, NOARG, w, NULL, 0, NULL, NULL, NODATA }
#define OTHER(y, k, a, o) { y, k, NULL, a, 0, o, 0, NULL, NULL, NODATA }
#define RUN(y, r) { y, HF_EFF_CALLBACK, NULL, 2, 0, NULL, r, NULL, NULL, NODATA }

static const Case cases[] = {
    BASIC("{acquire: arg0}", HF_EFF_ACQUIRE, "arg0"),
    BASIC("{acquire_shared: '*arg1'}", HF_EFF_ACQUIRE_SHARED, "*arg1"),
    WHEN("{try_acquire: {lock: arg0, when: zero}}", HF_EFF_TRY_ACQUIRE, "arg0",
         HF_WHEN_ZERO),
    WHEN("{try_acquire_shared: {lock: arg0->m, when: nonzero}}",
         HF_EFF_TRY_ACQUIRE_SHARED, "arg0->m", HF_WHEN_NONZERO),
    BASIC("{release: bql}", HF_EFF_RELEASE, "bql"),
    BASIC("{drop_and_retake: arg1}", HF_EFF_DROP_AND_RETAKE, "arg1"),
    BASIC("{requires: bql|main_loop}", HF_EFF_REQUIRES, "bql|main_loop"),
    BASIC("{requires_shared: graph}", HF_EFF_REQUIRES_SHARED, "graph"),
    BASIC("{excludes: bql}", HF_EFF_EXCLUDES, "bql"),
    BASIC("{assert_held: '&s->locks[2]'}", HF_EFF_ASSERT_HELD,
          "&s->locks[2]"),
    BASIC("{assert_shared: bql}", HF_EFF_ASSERT_SHARED, "bql"),
    WHEN("{test_held: {lock: bql, when: nonzero}}", HF_EFF_TEST_HELD, "bql",
         HF_WHEN_NONZERO),
    BASIC("{init: arg0}", HF_EFF_INIT, "arg0"),
    BASIC("{destroy: arg0}", HF_EFF_DESTROY, "arg0"),
    BASIC("{gs: true}", HF_EFF_GLOBAL_STATE, NULL),
    BASIC("{io: true}", HF_EFF_IO, NULL),
    BASIC("{io_or_gs: true}", HF_EFF_IO_OR_GS, NULL),
    BASIC("{coroutine: true}", HF_EFF_COROUTINE, NULL),
    BASIC("{no_coroutine: true}", HF_EFF_NO_COROUTINE, NULL),
    BASIC("{coroutine_mixed: true}", HF_EFF_COROUTINE_MIXED, NULL),
    OTHER("{co_wrapper: true}", HF_EFF_CO_WRAPPER, NOARG, ""),
    OTHER("{co_wrapper: bdrv_co_*}", HF_EFF_CO_WRAPPER, NOARG, "bdrv_co_*"),
    OTHER("{co_wrapper_mixed: true}", HF_EFF_CO_WRAPPER_MIXED, NOARG, ""),
    BASIC("{guarded_by: lock}", HF_EFF_GUARDED_BY, "lock"),
    BASIC("{pt_guarded_by: lock}", HF_EFF_PT_GUARDED_BY, "lock"),
    BASIC("{rcu_protected: true}", HF_EFF_RCU_PROTECTED, NULL),
    WITH_ARG("{returns_arg: arg1}", HF_EFF_RETURNS_ARG, 1),
    BASIC("{returns_lock: 'arg0->lock'}", HF_EFF_RETURNS_LOCK, "arg0->lock"),
    WITH_ARG("{alloc: ret}", HF_EFF_ALLOC, -1),
    WITH_ARG("{alloc: arg0}", HF_EFF_ALLOC, 0),
    WITH_ARG("{free: arg0}", HF_EFF_FREE, 0),
    WITH_ARG("{rcu_read: arg0}", HF_EFF_RCU_READ, 0),
    WITH_ARG("{rcu_publish: arg12}", HF_EFF_RCU_PUBLISH, 12),
    WITH_ARG("{fill: arg0}", HF_EFF_FILL, 0),
    WITH_ARG("{changes: arg0}", HF_EFF_CHANGES, 0),
    OTHER("{string_copy: pstrcpy}", HF_EFF_STRING_COPY, 0, "pstrcpy"),
    OTHER("{string_copy: {to: arg1, instead: g_strdup}}", HF_EFF_STRING_COPY,
          1, "g_strdup"),
    OTHER("{string_copy_truncating: {instead: x}}",
          HF_EFF_STRING_COPY_TRUNCATING, 0, "x"),
    { "{pair_open: {name: element, arg: ret}}", HF_EFF_PAIR_OPEN, "element",
      -1, 0, NULL, 0, NULL, NULL, NODATA },
    { "{pair_open: 'element, ret'}", HF_EFF_PAIR_OPEN, "element", -1, 0, NULL,
      0, NULL, NULL, NODATA },
    { "{pair_close: 'element,elem'}", HF_EFF_PAIR_CLOSE, "element",
      HF_ARG_BY_NAME, 0, "elem", 0, NULL, NULL, NODATA },
    OTHER("{blocking: {until: post, object: arg0}}", HF_EFF_BLOCKING, 0,
          "post"),
    OTHER("{may_block: {until: shutdown, object: arg1}}", HF_EFF_MAY_BLOCK, 1,
          "shutdown"),
    OTHER("{wakes: {what: post, object: arg0}}", HF_EFF_WAKES, 0, "post"),
    WITH_ARG("{changes: arg1}", HF_EFF_CHANGES, 1),
    BASIC("{succeeds: true}", HF_EFF_SUCCEEDS, NULL),
    WITH_ARG("{sends: {data: arg1, size: arg2}}", HF_EFF_SENDS, 1),
    BASIC("{unjudged: true}", HF_EFF_UNJUDGED, NULL),
    BASIC("{noreturn: true}", HF_EFF_NORETURN, NULL),
    BASIC("{blocking: true}", HF_EFF_BLOCKING, NULL),
    RUN("{callback: arg2}", HF_RUN_CALL),
    RUN("{callback: {function: arg2, run: call}}", HF_RUN_CALL),
    RUN("{callback: {function: arg2, run: thread}}", HF_RUN_THREAD),
    RUN("{callback: {function: arg2, run: bh}}", HF_RUN_BH),
    RUN("{callback: {function: arg2, run: timer}}", HF_RUN_TIMER),
    RUN("{callback: {function: arg2, run: fd}}", HF_RUN_FD),
    RUN("{callback: {function: arg2, run: coroutine}}", HF_RUN_COROUTINE),
    RUN("{callback: {function: arg2, run: rcu}}", HF_RUN_RCU),
    RUN("{callback: {function: arg2, run: pool}}", HF_RUN_POOL),
    RUN("{callback: {function: arg2, run: signal}}", HF_RUN_SIGNAL),
    RUN("{callback: {function: arg2, run: atexit}}", HF_RUN_ATEXIT),
    { "{callback: {function: arg0, data: arg1, role: io, holds: []}}",
      HF_EFF_CALLBACK, NULL, 0, 0, NULL, HF_RUN_CALL, "io", "", 1 },
    { "{callback: {function: arg0, holds: [bql, main_loop]}}",
      HF_EFF_CALLBACK, NULL, 0, 0, NULL, HF_RUN_CALL, NULL, "bql main_loop",
      NODATA },
    { "{callback: {function: arg0, role: main_loop, holds: bql}}",
      HF_EFF_CALLBACK, NULL, 0, 0, NULL, HF_RUN_CALL, "main_loop", "bql",
      NODATA },
    { "{callback: {function: arg2, data: arg3, handle: ret, run: thread}}",
      HF_EFF_CALLBACK, NULL, 2, 0, NULL, HF_RUN_THREAD, NULL, NULL, 3, -1 },
    WITH_ARG("{join: arg0}", HF_EFF_JOIN, 0),
    { "{gives_loop: {role: io, holds: [bql]}}", HF_EFF_GIVES_LOOP, NULL,
      NOARG, 0, NULL, 0, "io", "bql", NODATA },
    WITH_ARG("{runs_in: {handle: arg1, loop: arg0}}", HF_EFF_RUNS_IN, 1),
    WITH_ARG("{moves_to: arg0}", HF_EFF_MOVES_TO, 0),
    BASIC("{returns_twice: true}", HF_EFF_RETURNS_TWICE, NULL),
    BASIC("{yields: true}", HF_EFF_YIELDS, NULL),
    BASIC("{self: true}", HF_EFF_SELF, NULL),
    BASIC("{intentional: true}", HF_EFF_INTENTIONAL, NULL),
    BASIC("{no_analysis: true}", HF_EFF_NO_ANALYSIS, NULL),
    BASIC("{acquired_before: '&b'}", HF_EFF_ACQUIRED_BEFORE, "&b"),
    BASIC("{acquired_after: '&b'}", HF_EFF_ACQUIRED_AFTER, "&b"),
    WITH_ARG("{rank: 30}", HF_EFF_RANK, 30),
    OTHER("{rank: RANK_BQL}", HF_EFF_RANK, 0, "RANK_BQL"),
    OTHER("{capability: rwlock}", HF_EFF_CAPABILITY, NOARG, "rwlock"),
    BASIC("{token: t}", HF_EFF_TOKEN, "t"),
    BASIC("{role: io}", HF_EFF_ROLE, "io"),
};

static const char prologue[] =
    "capabilities:\n"
    "  bql: {kind: lock}\n"
    "  main_loop: {kind: role}\n"
    "roles:\n"
    "  io: {entries: [io_thread]}\n";

/* The effects of one rule in the first section that may hold the effect. */
static HfRules *load(const char *effects, HfEffectKind kind)
{
    guint places = hf_effect_by_kind(kind)->places;
    const char *section = places & HF_ON_FUNCTION ? "functions: {x"
        : places & HF_ON_FIELD ? "fields: {R.x" : "annotations: {x";
    char *yaml = g_strdup_printf("%s%s: %s}\n", prologue, section, effects);
    GError *error = NULL;
    HfRules *rules = hf_rules_load_string(yaml, strlen(yaml), "t.yaml", NULL,
                                          &error);

    if (!rules)
        fail_msg("%s: %s", effects, error->message);
    g_free(yaml);
    return rules;
}

static GPtrArray *effects_of(const HfRules *rules)
{
    const HfFunctionRule *function = hf_rules_function(rules, "x");
    const HfFieldRule *field = hf_rules_field(rules, "R", "x");

    if (function)
        return function->effects;
    if (field)
        return field->effects;
    assert_int_equal(rules->annotations->len, 1);
    return ((HfAnnotationRule *)rules->annotations->pdata[0])->effects;
}

static void check_text(const char *got, const char *expected)
{
    if (expected)
        assert_string_equal(got, expected);
    else
        assert_null(got);
}

static void check_holds(const HfEffect *e, const char *expected)
{
    char *joined;

    assert_int_equal(e->holds_known, expected != NULL);
    g_ptr_array_add(e->holds, NULL);
    joined = g_strjoinv(" ", (char **)e->holds->pdata);
    assert_string_equal(joined, expected ? expected : "");
    g_free(joined);
    g_ptr_array_set_size(e->holds, e->holds->len - 1);
}

static void test_each(void **state)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        HfRules *rules = load(c->yaml, c->kind);
        GPtrArray *effects = effects_of(rules);
        const HfEffect *e;

        assert_int_equal(effects->len, 1);
        e = g_ptr_array_index(effects, 0);
        if (e->kind != c->kind || e->arg != c->arg)
            fail_msg("%s: kind %d, arg %d", c->yaml, e->kind, e->arg);
        check_text(e->cap, c->cap);
        check_text(e->other, c->other);
        check_text(e->role, c->role);
        check_holds(e, c->holds);
        assert_int_equal(e->when, c->when);
        assert_int_equal(e->run, c->run);
        assert_int_equal(e->data_arg, c->data_arg);
        assert_int_equal(e->handle_arg,
                         c->handle_arg ? c->handle_arg : HF_ARG_NONE);
        assert_string_equal(e->place.file, "t.yaml");
        assert_int_equal(e->place.line, 6);
        assert_true(e->place.col > 1);
        hf_rules_free(rules);
    }
}

/* A key without a case would go untested: this fails when one is added. */
static void test_all_keys_have_a_case(void **state)
{
    for (const HfEffectSpec *e = hf_effects; e->name; e++) {
        gboolean found = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(cases) && !found; i++)
            found = cases[i].kind == e->kind;
        if (!found)
            fail_msg("no case for %s", e->name);
        assert_ptr_equal(hf_effect_by_name(e->name), e);
        assert_ptr_equal(hf_effect_by_kind(e->kind), e);
    }
}

static void test_all_kinds_have_a_key(void **state)
{
    for (int kind = 0; kind <= HF_EFF_ROLE; kind++)
        if (!hf_effect_by_kind(kind))
            fail_msg("no key for effect kind %d", kind);
}

static void expect_kinds(const char *yaml, const char *expected)
{
    HfRules *rules = load(yaml, HF_EFF_REQUIRES);
    GPtrArray *effects = effects_of(rules);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < effects->len; i++) {
        const HfEffect *e = g_ptr_array_index(effects, i);

        g_string_append_printf(text, "%s:%s ", hf_effect_by_kind(e->kind)->name,
                               e->cap ? e->cap : "-");
    }
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
    hf_rules_free(rules);
}

static void test_several(void **state)
{
    expect_kinds("{requires: bql, blocking: true}", "requires:bql blocking:- ");
    expect_kinds("[{requires: a}, {requires: b, excludes: c}]",
                 "requires:a requires:b excludes:c ");
    expect_kinds("{requires: [a, b]}", "requires:a requires:b ");
    expect_kinds("{try_acquire: [{lock: a, when: zero}, "
                 "{lock: b, when: zero}]}", "try_acquire:a try_acquire:b ");
    expect_kinds("{}", "");
    expect_kinds("[]", "");
}

static void test_slots(void **state)
{
    static const char yaml[] =
        "slots:\n"
        "  A.x: {requires: bql}\n"
        "  A.y: {entry: unknown, io: true}\n"
        "  A.z: {entry: held}\n"
        "  A.w: {entry: absent}\n";
    HfRules *rules = hf_rules_load_string(yaml, strlen(yaml), "t.yaml", NULL,
                                          NULL);
    const HfSlotRule *slot;

    assert_non_null(rules);
    slot = hf_rules_slot(rules, "A", "x");
    assert_false(slot->entry_set);
    assert_int_equal(slot->effects->len, 1);
    slot = hf_rules_slot(rules, "A", "y");
    assert_true(slot->entry_set);
    assert_int_equal(slot->entry, HF_ENTRY_UNKNOWN);
    assert_int_equal(slot->effects->len, 1);
    assert_int_equal(hf_rules_slot(rules, "A", "z")->entry, HF_ENTRY_HELD);
    assert_int_equal(hf_rules_slot(rules, "A", "w")->entry, HF_ENTRY_ABSENT);
    hf_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_all_keys_have_a_case),
        cmocka_unit_test(test_all_kinds_have_a_key),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
