/* SPDX-License-Identifier: MIT */
/* Which rule answers for a name, and what an annotation's text becomes. */
#include "rules/rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static HfRules *load(const char *yaml)
{
    GError *error = NULL;
    HfRules *rules = hf_rules_load_string(yaml, strlen(yaml), "t.yaml", NULL,
                                          &error);

    if (!rules)
        fail_msg("%s", error->message);
    return rules;
}

static void expect_function(const HfRules *r, const char *name,
                            const char *pattern)
{
    const HfFunctionRule *f = hf_rules_function(r, name);
    const char *got = f ? f->pattern : "none";

    if (strcmp(got, pattern) != 0)
        fail_msg("%s: matched %s, not %s", name, got, pattern);
}

static const char *slot(const HfRules *r, const char *record,
                        const char *field)
{
    const HfSlotRule *s = hf_rules_slot(r, record, field);

    return s ? s->effects->len ? ((HfEffect *)s->effects->pdata[0])->cap
                               : "empty" : "none";
}

static void test_functions(void **state)
{
    HfRules *r = load("functions:\n"
                      "  lock: {}\n"
                      "  'bdrv_co_*': {}\n"
                      "  bdrv_co_pread: {}\n"
                      "  '*_locked': {}\n"
                      "  bdrv_co_x: {}\n"
                      "  'bdrv_co_y*': {}\n"
                      "  'a?c': {}\n"
                      "  'm*i*d': {}\n");

    expect_function(r, "lock", "lock");
    expect_function(r, "locks", "none");
    expect_function(r, "loc", "none");
    expect_function(r, "", "none");
    expect_function(r, "bdrv_co_", "bdrv_co_*");
    expect_function(r, "bdrv_co_flush", "bdrv_co_*");
    expect_function(r, "bdrv_co_pread", "bdrv_co_pread");
    expect_function(r, "bdrv_co_x", "bdrv_co_x");
    expect_function(r, "bdrv_co_x_locked", "*_locked");
    expect_function(r, "bdrv_co_y_locked", "bdrv_co_y*");
    expect_function(r, "_locked", "*_locked");
    expect_function(r, "a_locked_", "none");
    expect_function(r, "abc", "a?c");
    expect_function(r, "ac", "none");
    expect_function(r, "abbc", "none");
    expect_function(r, "mid", "m*i*d");
    expect_function(r, "mad_iiid_d", "m*i*d");
    expect_function(r, "mad", "none");
    hf_rules_free(r);
}

static void test_several_names(void **state)
{
    HfRules *r = load("functions: {'a, b*,c': {blocking: true}}\n"
                      "slots: {'A.x, B.y': {requires: bql}}\n");

    expect_function(r, "a", "a");
    expect_function(r, "bc", "b*");
    expect_function(r, "c", "c");
    assert_int_equal(hf_rules_function(r, "a")->effects->len, 1);
    assert_int_equal(hf_rules_function(r, "c")->effects->len, 1);
    assert_string_equal(slot(r, "A", "x"), "bql");
    assert_string_equal(slot(r, "B", "y"), "bql");
    assert_string_equal(slot(r, "A", "y"), "none");
    hf_rules_free(r);
}

/* A later pattern hides an earlier name, as any later rule does. */
static void test_last_wins(void **state)
{
    HfRules *r = load("functions: {abc: {}, 'a*': {}}\n");

    expect_function(r, "abc", "a*");
    hf_rules_free(r);
    r = load("functions: {'a*': {}, abc: {}}\n");
    expect_function(r, "abc", "abc");
    expect_function(r, "abd", "a*");
    hf_rules_free(r);
}

static void test_members(void **state)
{
    HfRules *r = load("slots:\n"
                      "  'A*.*': {requires: five}\n"
                      "  A.x: {requires: one}\n"
                      "  'A.co_*': {requires: two}\n"
                      "  '*Class.realize': {requires: three}\n"
                      "  '*.notify': {}\n"
                      "fields: {'S*.lock': {rank: 1}}\n");

    assert_string_equal(slot(r, "A", "x"), "one");
    assert_string_equal(slot(r, "A", "y"), "five");
    assert_string_equal(slot(r, "A", "co_read"), "two");
    assert_string_equal(slot(r, "B", "x"), "none");
    assert_string_equal(slot(r, "DeviceClass", "realize"), "three");
    assert_string_equal(slot(r, "Notifier", "notify"), "empty");
    assert_string_equal(slot(r, "A.b", "c"), "none"); /* * stops at dots */
    assert_non_null(hf_rules_field(r, "State", "lock"));
    assert_null(hf_rules_field(r, "State", "locks"));
    hf_rules_free(r);
}

/* ---- annotations ------------------------------------------------------- */

static void expect_effects(const HfRules *r, const char *text,
                           const char *expected)
{
    GPtrArray *effects = hf_rules_annotation(r, text);
    GString *got = g_string_new(NULL);

    for (guint i = 0; i < effects->len; i++) {
        const HfEffect *e = g_ptr_array_index(effects, i);

        g_string_append_printf(got, "%d:%s:%d:%s ", e->kind,
                               e->cap ? e->cap : "", e->arg,
                               e->other ? e->other : "");
    }
    if (strcmp(got->str, expected) != 0)
        fail_msg("%s: got %s, not %s", text, got->str, expected);
    g_string_free(got, TRUE);
    g_ptr_array_unref(effects);
}

static void test_annotations(void **state)
{
    HfRules *r = load("annotations:\n"
                      "  'macro:co': {coroutine: true}\n"
                      "  'hf:req:*': {requires: $1}\n"
                      "  'hf:req:!*': {excludes: $1}\n"
                      "  'hf:drops:*': {requires: $1, drop_and_retake: $1}\n"
                      "  'hf:m:*:end': {guarded_by: 'this->$1'}\n"
                      "  'hf:rank:*': {rank: $1}\n"
                      "  'hf:pair:*': {pair_open: $1}\n"
                      "  'hf:cow:*': {co_wrapper: 'x'}\n"
                      "  'hf:cap:*': {capability: $1}\n"
                      "  'hf:fixed:*': {requires: bql, acquire: $1}\n");
    char expected[200];

#define EXPECT(text, ...)                                     \
    do {                                                      \
        g_snprintf(expected, sizeof(expected), __VA_ARGS__);  \
        expect_effects(r, text, expected);                    \
    } while (0)

    EXPECT("macro:co", "%d::-1: ", HF_EFF_COROUTINE);
    EXPECT("macro:con", "%s", "");
    EXPECT("hf:req:&s->lock", "%d:&s->lock:-1: ", HF_EFF_REQUIRES);
    EXPECT("hf:req: a ", "%d:a:-1: ", HF_EFF_REQUIRES);
    EXPECT("hf:req:!a", "%d:a:-1: ", HF_EFF_EXCLUDES);
    EXPECT("hf:req:", "%d:this:-1: ", HF_EFF_REQUIRES);
    EXPECT("hf:req:a, b", "%d:a:-1: %d:b:-1: ", HF_EFF_REQUIRES,
           HF_EFF_REQUIRES);
    EXPECT("hf:req:f(a, b), c[d,e]", "%d:f(a, b):-1: %d:c[d,e]:-1: ",
           HF_EFF_REQUIRES, HF_EFF_REQUIRES);
    EXPECT("hf:req:,a,", "%d:a:-1: ", HF_EFF_REQUIRES);
    EXPECT("hf:drops:a,b", "%d:a:-1: %d:b:-1: %d:a:-1: %d:b:-1: ",
           HF_EFF_REQUIRES, HF_EFF_REQUIRES, HF_EFF_DROP_AND_RETAKE,
           HF_EFF_DROP_AND_RETAKE);
    EXPECT("hf:m:x:end", "%d:this->x:-1: ", HF_EFF_GUARDED_BY);
    EXPECT("hf:m:end", "%s", "");
    EXPECT("hf:m::end", "%s", "");
    EXPECT("hf:rank:12", "%d::12: ", HF_EFF_RANK);
    EXPECT("hf:rank:RANK_A", "%d::0:RANK_A ", HF_EFF_RANK);
    EXPECT("hf:pair:elem, ret", "%d:elem:-1: ", HF_EFF_PAIR_OPEN);
    EXPECT("hf:pair:elem, arg1", "%d:elem:1: ", HF_EFF_PAIR_OPEN);
    EXPECT("hf:pair:elem, e", "%d:elem:%d:e ", HF_EFF_PAIR_OPEN,
           HF_ARG_BY_NAME);
    EXPECT("hf:pair:nonsense", "%d:nonsense:-1: ", HF_EFF_PAIR_OPEN);
    EXPECT("hf:cow:y", "%d::-1:x ", HF_EFF_CO_WRAPPER);
    EXPECT("hf:cap:rw lock", "%d::-1:rw lock ", HF_EFF_CAPABILITY);
    EXPECT("hf:fixed:a", "%d:bql:-1: %d:a:-1: ", HF_EFF_REQUIRES,
           HF_EFF_ACQUIRE);
    EXPECT("other", "%s", "");
    EXPECT("", "%s", "");
    hf_rules_free(r);
}

/* ---- threads ----------------------------------------------------------- */

static gpointer search(gpointer data)
{
    const HfRules *r = data;
    guint found = 0;

    for (int i = 0; i < 20000; i++) {
        GPtrArray *effects = hf_rules_annotation(r, "hf:req:a, b");

        found += effects->len;
        found += hf_rules_function(r, "bdrv_co_pread") != NULL;
        found += hf_rules_slot(r, "A", "x") != NULL;
        g_ptr_array_unref(effects);
    }
    return GUINT_TO_POINTER(found);
}

static void test_threads(void **state)
{
    HfRules *r = load("functions: {'bdrv_co_*': {coroutine: true}}\n"
                      "slots: {A.x: {io: true}}\n"
                      "annotations: {'hf:req:*': {requires: $1}}\n");
    GThread *threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("search", search, r);
    for (int i = 0; i < 4; i++)
        assert_int_equal(GPOINTER_TO_UINT(g_thread_join(threads[i])), 80000);
    hf_rules_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_several_names),
        cmocka_unit_test(test_last_wins),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_annotations),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
