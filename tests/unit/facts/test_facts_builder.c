/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "sample.h"

static void strings_are_interned(void **state)
{
    HfFactsBuilder *b = hf_facts_builder_new();
    HfStr foo = hf_facts_string(b, "foo");
    HfStr foobar = hf_facts_string(b, "foobar");

    assert_int_equal(hf_facts_string(b, NULL), 0);
    assert_int_equal(hf_facts_string(b, ""), 0);
    assert_int_not_equal(foo, 0);
    assert_int_not_equal(foo, foobar);
    assert_int_equal(hf_facts_string(b, "foo"), foo);
    assert_int_equal(hf_facts_string(b, "foobar"), foobar);
    assert_string_equal(hf_facts_string_get(b, foo), "foo");
    assert_string_equal(hf_facts_string_get(b, foobar), "foobar");
    assert_string_equal(hf_facts_string_get(b, 0), "");
    assert_string_equal(hf_facts_string_get(b, 99999), "");
    hf_facts_builder_free(b);
}

/* Far past the first size of the index. */
static void interning_survives_growth(void **state)
{
    enum { N = 20000 };
    HfFactsBuilder *b = hf_facts_builder_new();
    g_autofree HfStr *strings = g_new(HfStr, N);
    g_autofree HfId *locs = g_new(HfId, N);
    g_autofree HfId *paths = g_new(HfId, N);
    HfFacts *f;

    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < N; i++) {
            g_autofree char *text = g_strdup_printf("name_%u", i * 7919u);
            HfLoc loc = { .line = i + 1, .col = i % 80 + 1 };
            HfStr s = hf_facts_string(b, text);
            HfId l = hf_facts_loc(b, &loc);
            HfId p = hf_facts_path(b, HF_PATH_CONST, 0, 0, (int64_t)i << 33);

            if (round == 0) {
                strings[i] = s;
                locs[i] = l;
                paths[i] = p;
            }
            assert_int_equal(s, strings[i]);
            assert_int_equal(l, locs[i]);
            assert_int_equal(p, paths[i]);
        }
    }
    assert_int_equal(hf_facts_count_locs(b), N + 1);
    assert_int_equal(hf_facts_count_paths(b), N + 1);
    f = hf_facts_builder_finish(b);
    for (uint32_t i = 0; i < N; i++) {
        g_autofree char *text = g_strdup_printf("name_%u", i * 7919u);

        assert_string_equal(hf_str(f, strings[i]), text);
        assert_int_equal(f->locs[locs[i]].line, i + 1);
        assert_true(f->paths[paths[i]].value == (int64_t)i << 33);
    }
    hf_facts_free(f);
}

static void places_are_interned(void **state)
{
    HfFactsBuilder *b = hf_facts_builder_new();
    HfId a = hf_facts_loc(b, &(HfLoc){ .file = 1, .line = 2, .col = 3 });
    HfId other = hf_facts_loc(b, &(HfLoc){ .file = 1, .line = 3, .col = 2 });

    assert_int_equal(hf_facts_loc(b, &(HfLoc){ 0 }), 0);
    assert_int_not_equal(a, 0);
    assert_int_not_equal(a, other);
    /* spelled where it is: the same as no spelling */
    assert_int_equal(hf_facts_loc(b, &(HfLoc){ 1, 2, 3, 0, 1, 2, 3 }), a);
    assert_int_not_equal(hf_facts_loc(b, &(HfLoc){ 1, 2, 3, 0, 1, 2, 4 }), a);
    assert_int_equal(hf_facts_add_locs(b, &(HfLoc){ 1, 2, 3 }), a);
    assert_int_equal(hf_facts_count_locs(b), 4);
    hf_facts_builder_free(b);
}

static void rows_can_be_changed_and_counted(void **state)
{
    HfFactsBuilder *b = hf_facts_builder_new();
    HfId id = hf_facts_add_edges(b, &(HfEdge){ 1, 2, 3 });
    HfFacts *f;

    assert_int_equal(id, 1);
    assert_int_equal(hf_facts_count_edges(b), 2);
    hf_facts_at_edges(b, id)->to = 77;
    f = hf_facts_builder_finish(b);
    assert_int_equal(f->n_edges, 2);
    assert_int_equal(f->edges[0].to, 0);
    assert_int_equal(f->edges[1].to, 77);
    assert_int_equal(f->edges[1].cond, 2);
    assert_int_equal(f->n_events, 1);
    hf_facts_free(f);
}

static void the_unit_is_kept(void **state)
{
    Sample m;
    HfFacts *f = sample_facts(&m);

    assert_int_equal(f->status, HF_UNIT_OK);
    assert_int_equal(f->main_file, m.file);
    assert_string_equal(hf_str(f, f->output), "use.o");
    assert_string_equal(f->strings, "");
    assert_int_equal(f->strings[f->n_strings - 1], 0);
    hf_facts_free(f);
}

static void nothing_can_be_freed(void **state)
{
    HfFacts *f;

    hf_facts_free(NULL);
    hf_facts_builder_free(NULL);
    f = hf_facts_builder_finish(hf_facts_builder_new());
    assert_int_equal(f->n_strings, 1);
    assert_int_equal(f->n_symbols, 1);
    assert_true(hf_facts_check(f, "empty", NULL));
    hf_facts_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_interned),
        cmocka_unit_test(interning_survives_growth),
        cmocka_unit_test(places_are_interned),
        cmocka_unit_test(rows_can_be_changed_and_counted),
        cmocka_unit_test(the_unit_is_kept),
        cmocka_unit_test(nothing_can_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
