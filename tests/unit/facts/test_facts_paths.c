/* SPDX-License-Identifier: MIT */
/*
 * The normal form of access paths, and how they read as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "sample.h"

typedef struct {
    HfFactsBuilder *b;
    Sample m;
    HfId s, star_s, array;
} Fixture;

static int set_up(void **state)
{
    Fixture *x = g_new0(Fixture, 1);

    x->b = hf_facts_builder_new();
    sample_decls(x->b, &x->m);
    sample_body(x->b, &x->m);
    x->s = hf_facts_path(x->b, HF_PATH_LOCAL, 0, x->m.s, 0);
    x->star_s = hf_facts_path(x->b, HF_PATH_DEREF, x->s, 0, 0);
    x->array = hf_facts_path(x->b, HF_PATH_GLOBAL, 0, x->m.the_state, 0);
    *state = x;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *x = *state;

    hf_facts_builder_free(x->b);
    g_free(x);
    return 0;
}

static HfId deref(Fixture *x, HfId p)
{
    return hf_facts_path(x->b, HF_PATH_DEREF, p, 0, 0);
}

static HfId addr(Fixture *x, HfId p)
{
    return hf_facts_path(x->b, HF_PATH_ADDR, p, 0, 0);
}

static HfId field(Fixture *x, HfId p, HfId f)
{
    return hf_facts_path(x->b, HF_PATH_FIELD, p, f, 0);
}

static HfId element(Fixture *x, HfId p, int64_t i)
{
    return hf_facts_path(x->b, HF_PATH_INDEX, p, 0, i);
}

static HfId container(Fixture *x, HfId p, HfId f)
{
    return hf_facts_path(x->b, HF_PATH_CONTAINER_OF, p, f, 0);
}

static uint32_t kind(Fixture *x, HfId p)
{
    return hf_facts_at_paths(x->b, p)->kind;
}

static void equal_paths_have_equal_ids(void **state)
{
    Fixture *x = *state;
    HfId a = field(x, x->star_s, x->m.f_lock);
    uint32_t n = hf_facts_count_paths(x->b);

    assert_int_equal(field(x, deref(x, x->s), x->m.f_lock), a);
    assert_int_not_equal(field(x, x->star_s, x->m.f_cb), a);
    assert_int_equal(hf_facts_path(x->b, HF_PATH_CONST, 0, 0, 0),
                     hf_facts_path(x->b, HF_PATH_CONST, 0, 5, 0));
    assert_int_not_equal(hf_facts_path(x->b, HF_PATH_CONST, 0, 0, 1),
                         hf_facts_path(x->b, HF_PATH_CONST, 0, 0, -1));
    /* the raw constructor is no way around it */
    assert_int_equal(hf_facts_add_paths(x->b, &(HfPath){
        .kind = HF_PATH_FIELD, .parent = x->star_s, .ref = x->m.f_lock }), a);
    assert_int_equal(hf_facts_path(x->b, HF_PATH_NONE, 3, 3, 3), 0);
    assert_int_equal(hf_facts_count_paths(x->b), n + 2);
}

static void deref_and_addr_cancel_out(void **state)
{
    Fixture *x = *state;
    HfId lock = field(x, x->star_s, x->m.f_lock);
    HfId fn = hf_facts_path(x->b, HF_PATH_FUNCTION, 0, x->m.peek, 0);

    assert_int_equal(deref(x, addr(x, lock)), lock);
    assert_int_equal(addr(x, deref(x, x->s)), x->s);
    assert_int_equal(deref(x, addr(x, x->s)), x->s);
    assert_int_equal(deref(x, fn), fn);
    assert_int_equal(addr(x, fn), fn);
    assert_int_equal(kind(x, deref(x, x->star_s)), HF_PATH_DEREF);
}

static void anonymous_members_are_left_out(void **state)
{
    Fixture *x = *state;
    HfId hop = field(x, x->star_s, x->m.f_anon);

    assert_int_equal(hop, x->star_s);
    assert_int_equal(field(x, hop, x->m.f_n), field(x, x->star_s, x->m.f_n));
    assert_int_equal(container(x, x->s, x->m.f_anon), x->s);
}

static void container_of_undoes_a_field(void **state)
{
    Fixture *x = *state;
    HfId lock = addr(x, field(x, x->star_s, x->m.f_lock));
    HfId global = addr(x, field(x, x->array, x->m.f_lock));
    HfId q = container(x, x->s, x->m.f_lock);

    assert_int_equal(container(x, lock, x->m.f_lock), x->s);
    assert_int_equal(container(x, global, x->m.f_lock), addr(x, x->array));
    /* another field, another object */
    assert_int_equal(kind(x, container(x, lock, x->m.f_cb)),
                     HF_PATH_CONTAINER_OF);
    assert_int_equal(field(x, deref(x, q), x->m.f_lock), x->star_s);
    assert_int_equal(kind(x, field(x, deref(x, q), x->m.f_cb)),
                     HF_PATH_FIELD);
}

static void pointer_arithmetic_is_an_element(void **state)
{
    Fixture *x = *state;
    HfId decayed = addr(x, element(x, x->array, 0));
    HfId p1 = hf_facts_path_add(x->b, x->s, 1, TRUE);

    assert_int_equal(p1, addr(x, element(x, x->star_s, 1)));
    assert_int_equal(hf_facts_path_add(x->b, x->s, 0, TRUE), x->s);
    assert_int_equal(hf_facts_path_add(x->b, p1, 2, TRUE),
                     addr(x, element(x, x->star_s, 3)));
    assert_int_equal(hf_facts_path_add(x->b, decayed, 4, TRUE),
                     addr(x, element(x, x->array, 4)));
    /* what is not constant stays so */
    assert_int_equal(hf_facts_path_add(x->b, decayed, 4, FALSE),
                     addr(x, element(x, x->array, -1)));
    assert_int_equal(hf_facts_path_add(x->b, addr(x, element(x, x->array, -1)),
                                       4, TRUE),
                     addr(x, element(x, x->array, -1)));
    assert_int_equal(hf_facts_path_add(x->b,
                                       addr(x, element(x, x->array,
                                                       INT64_MAX)), 4, TRUE),
                     addr(x, element(x, x->array, -1)));
}

static void what_is_missing_is_unknown(void **state)
{
    Fixture *x = *state;
    HfId u = hf_facts_path(x->b, HF_PATH_UNKNOWN, 0, 0, 0);
    HfId mine = hf_facts_path(x->b, HF_PATH_UNKNOWN, 0, 5, 0);
    HfId f = field(x, 0, x->m.f_lock);

    assert_int_equal(kind(x, u), HF_PATH_UNKNOWN);
    assert_int_not_equal(hf_facts_path(x->b, HF_PATH_UNKNOWN, 0, 0, 0), u);
    assert_int_equal(hf_facts_path(x->b, HF_PATH_UNKNOWN, 0, 5, 0), mine);
    assert_int_equal(kind(x, f), HF_PATH_FIELD);
    assert_int_equal(kind(x, hf_facts_at_paths(x->b, f)->parent),
                     HF_PATH_UNKNOWN);
    assert_int_equal(kind(x, field(x, x->star_s, 0)), HF_PATH_UNKNOWN);
    assert_int_equal(kind(x, hf_facts_path(x->b, HF_PATH_LOCAL, 0, 0, 0)),
                     HF_PATH_UNKNOWN);
    assert_int_equal(kind(x, deref(x, 1000000)), HF_PATH_DEREF);
    assert_int_equal(kind(x, hf_facts_path(x->b, 999, 0, 0, 0)),
                     HF_PATH_UNKNOWN);
}

static void depth_is_bounded(void **state)
{
    Fixture *x = *state;
    HfId p = x->s;
    HfFacts *f;

    for (int i = 0; i < 10 * (int)HF_PATH_MAX_DEPTH; i++)
        p = deref(x, p);
    f = hf_facts_builder_finish(x->b);
    x->b = NULL;
    assert_true(hf_facts_check(f, "deep", NULL));
    hf_facts_free(f);
}

static void children_come_after_parents(void **state)
{
    Fixture *x = *state;

    container(x, addr(x, field(x, x->star_s, x->m.f_lock)), x->m.f_cb);
    for (HfId p = 1; p < hf_facts_count_paths(x->b); p++)
        assert_true(hf_facts_at_paths(x->b, p)->parent < p);
}

static void paths_read_like_c(void **state)
{
    Fixture *x = *state;
    HfId temp = hf_facts_path(x->b, HF_PATH_TEMP, 0, x->m.calls + 1, 0);
    HfId indirect = hf_facts_path(x->b, HF_PATH_TEMP, 0, x->m.calls + 4, 0);
    const struct {
        HfId path;
        const char *text;
    } cases[] = {
        { 0, "_" },
        { x->s, "s" },
        { x->star_s, "*s" },
        { deref(x, x->star_s), "**s" },
        { addr(x, x->s), "&s" },
        { addr(x, addr(x, x->s)), "&(&s)" },
        { field(x, x->star_s, x->m.f_lock), "s->lock" },
        { addr(x, field(x, x->star_s, x->m.f_lock)), "&s->lock" },
        { field(x, deref(x, x->star_s), x->m.f_lock), "(*s)->lock" },
        { field(x, x->array, x->m.f_lock), "the_state.lock" },
        { element(x, x->array, 3), "the_state[3]" },
        { element(x, x->array, -1), "the_state[*]" },
        { element(x, x->star_s, 3), "s[3]" },
        { element(x, deref(x, x->star_s), -7), "(*s)[-7]" },
        { addr(x, element(x, x->array, 0)), "&the_state[0]" },
        { container(x, x->s, x->m.f_lock), "container_of(s, State, lock)" },
        { field(x, temp, x->m.f_lock), "peek().lock" },
        { field(x, deref(x, temp), x->m.f_lock), "peek()->lock" },
        { indirect, "s->cb()" },
        { hf_facts_path(x->b, HF_PATH_CONST, 0, 0, -5), "-5" },
        { hf_facts_path(x->b, HF_PATH_FUNCTION, 0, x->m.peek, 0), "peek" },
        { hf_facts_path(x->b, HF_PATH_UNKNOWN, 0, 0, 0), "?" },
        { hf_facts_path(x->b, HF_PATH_STRING, 0,
                        hf_facts_string(x->b, "a\"\n"), 0), "\"a\\\"\\n\"" },
    };
    HfFacts *f = hf_facts_builder_finish(x->b);

    x->b = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);

        hf_facts_path_text(f, cases[i].path, text);
        assert_string_equal(text->str, cases[i].text);
    }
    hf_facts_free(f);
}

/* A call through its own result means nothing, but must not hang. */
static void text_of_a_circular_call_ends(void **state)
{
    Fixture *x = *state;
    HfId event = x->m.calls + 4;
    HfId temp = hf_facts_path(x->b, HF_PATH_TEMP, 0, event, 0);
    g_autoptr(GString) text = g_string_new(NULL);
    HfFacts *f;

    hf_facts_at_events(x->b, event)->path = deref(x, temp);
    f = hf_facts_builder_finish(x->b);
    x->b = NULL;
    hf_facts_path_text(f, temp, text);
    assert_non_null(strstr(text->str, "?()"));
    assert_true(text->len < 100);
    hf_facts_free(f);
}

#define PATH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATH_TEST(equal_paths_have_equal_ids),
        PATH_TEST(deref_and_addr_cancel_out),
        PATH_TEST(anonymous_members_are_left_out),
        PATH_TEST(container_of_undoes_a_field),
        PATH_TEST(pointer_arithmetic_is_an_element),
        PATH_TEST(what_is_missing_is_unknown),
        PATH_TEST(depth_is_bounded),
        PATH_TEST(children_come_after_parents),
        PATH_TEST(paths_read_like_c),
        PATH_TEST(text_of_a_circular_call_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
