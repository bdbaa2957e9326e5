/* SPDX-License-Identifier: MIT */
/*
 * The dump: a golden, and what keeps goldens stable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sample.h"

static char *dump(const HfFacts *f, const char *root)
{
    GString *out = g_string_new(NULL);

    hf_facts_dump(f, root, out);
    return g_string_free(out, FALSE);
}

/* To make it anew after a change that is meant: HOLDFAST_UPDATE=1 */
static void sample_matches_the_golden(void **state)
{
    const char *golden = TEST_DIR "/sample.dump";
    Sample m;
    HfFacts *f = sample_facts(&m);
    g_autofree char *text = dump(f, "/src");
    g_autofree char *expected = NULL;

    if (getenv("HOLDFAST_UPDATE"))
        assert_true(g_file_set_contents(golden, text, -1, NULL));
    assert_true(g_file_get_contents(golden, &expected, NULL, NULL));
    assert_string_equal(text, expected);
    hf_facts_free(f);
}

static void root_is_left_out_as_a_whole_only(void **state)
{
    const struct {
        const char *root;
        const char *line;
    } cases[] = {
        { NULL, "unit /src/use.c\n" },
        { "", "unit /src/use.c\n" },
        { "/", "unit /src/use.c\n" },
        { "/sr", "unit /src/use.c\n" },
        { "/src", "unit use.c\n" },
        { "/src//", "unit use.c\n" },
        { "/other", "unit /src/use.c\n" },
    };
    Sample m;
    HfFacts *f = sample_facts(&m);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = dump(f, cases[i].root);

        assert_true(g_str_has_prefix(text, cases[i].line));
    }
    hf_facts_free(f);
}

/* Two functions, two symbols and so on, added in one order or the other. */
static HfFacts *two_of_each(gboolean swapped)
{
    HfFactsBuilder *b = hf_facts_builder_new();

    if (swapped)
        hf_facts_string(b, "shifts all offsets");
    for (int i = 0; i < 2; i++) {
        uint32_t n = (i == 1) != swapped ? 2 : 1;
        g_autofree char *name = g_strdup_printf("name%u", n);
        g_autofree char *path = g_strdup_printf("/r/file%u.c", n);
        HfStr s = hf_facts_string(b, name);
        HfId file = hf_facts_add_files(b, &(HfFile){
            hf_facts_string(b, path), 0, n });
        HfId loc = hf_facts_loc(b, &(HfLoc){ file, n, n });
        HfId sym = hf_facts_add_symbols(b, &(HfSymbol){
            .key = s, .name = s, .kind = HF_SYM_FUNCTION, .decl_loc = loc });
        HfId block = hf_facts_count_blocks(b);
        HfId event = hf_facts_add_events(b, &(HfEvent){
            .kind = HF_EV_ASM, .loc = loc });

        hf_facts_add_records(b, &(HfRecord){ .key = s, .name = s,
                                             .loc = loc });
        hf_facts_add_blocks(b, &(HfBlock){ .first_event = event,
                                           .n_events = 1 });
        hf_facts_add_blocks(b, &(HfBlock){ 0 });
        hf_facts_add_functions(b, &(HfFunction){
            .symbol = sym, .loc = loc, .first_block = block, .n_blocks = 2,
            .first_event = event, .n_events = 1 });
        hf_facts_add_bindings(b, &(HfBinding){ .function = sym, .loc = loc });
        hf_facts_add_comments(b, &(HfComment){ loc, n, s });
        hf_facts_add_diags(b, &(HfDiag){ HF_DIAG_ERROR, loc, s });
        hf_facts_add_annots(b, &(HfAnnot){ HF_OWNER_SYMBOL, sym, s, loc, 0 });
        hf_facts_add_annots(b, &(HfAnnot){ .text = s, .loc = loc });
    }
    return hf_facts_builder_finish(b);
}

static void order_of_rows_does_not_show(void **state)
{
    HfFacts *one = two_of_each(FALSE);
    HfFacts *other = two_of_each(TRUE);
    g_autofree char *a = dump(one, "/r");
    g_autofree char *b = dump(other, "/r");

    assert_string_equal(a, b);
    assert_non_null(strstr(a, "\nfunctions\n  name1 at file1.c:1:1-0\n"));
    assert_non_null(strstr(a, "\nother annotations\n  @ file1.c:1:1 name1\n"
                              "  @ file2.c:2:2 name2\n"));
    hf_facts_free(one);
    hf_facts_free(other);
}

static void edge(HfFactsBuilder *b, HfId to, uint32_t flags, HfCond cond)
{
    HfId id = 0;

    if (cond.lhs) {
        cond.loc = hf_facts_loc(b, &(HfLoc){ .file = 1, .line = 3, .col = 9 });
        id = hf_facts_add_conds(b, &cond);
    }
    sample_edge(b, to, id, flags);
}

/* Temps are numbered by use, and every kind of edge has its own words. */
static void edges_and_temps_read_well(void **state)
{
    HfFactsBuilder *b = hf_facts_builder_new();
    Sample m;
    HfFunction fn = { .n_blocks = 2, .n_events = 2 };
    HfFacts *f;
    HfId t, c;
    g_autofree char *text = NULL;

    sample_decls(b, &m);
    fn.symbol = m.on_change;
    fn.loc = sample_loc(b, m.file, 2, 1);
    fn.first_block = hf_facts_count_blocks(b);
    fn.first_event = sample_event(b, &m, HF_EV_CALL, 2, 3, m.use, 0, 0);
    t = sample_event(b, &m, HF_EV_CALL, 2, 9, m.peek, 0, 0);
    t = hf_facts_path(b, HF_PATH_TEMP, 0, t, 0);
    c = hf_facts_path(b, HF_PATH_CONST, 0, 0, 8);
    sample_block(b, fn.first_event);
    edge(b, 1, 0, (HfCond){ .op = HF_COND_TRUE, .lhs = t });
    edge(b, 2, HF_EDGE_NEGATED, (HfCond){ .op = HF_COND_TRUE, .lhs = t });
    edge(b, 2, HF_EDGE_CASE, (HfCond){ .op = HF_COND_EQ, .lhs = t, .rhs = c });
    edge(b, 2, HF_EDGE_DEFAULT, (HfCond){ 0 });
    edge(b, 1, HF_EDGE_BACK, (HfCond){ HF_COND_GE, HF_COND_UNSIGNED, t, c });
    hf_facts_add_blocks(b, &(HfBlock){ 0 });
    hf_facts_add_functions(b, &fn);
    f = hf_facts_builder_finish(b);
    text = dump(f, "/src");
    assert_non_null(strstr(text, "    B0 entry:\n"
                                 "      2:3 call use()\n"
                                 "      2:9 call peek() -> T1\n"
                                 "      -> B0 if T1 at 3:9\n"
                                 "      -> B1 if !(T1) at 3:9\n"
                                 "      -> B1 case T1 == 8 at 3:9\n"
                                 "      -> B1 default\n"
                                 "      -> B0 if T1 >= 8 [unsigned] at 3:9 "
                                 "[back]\n"
                                 "    B1 exit:\n"));
    hf_facts_free(f);
}

static void tables_without_rows_have_no_title(void **state)
{
    HfFacts *f = hf_facts_builder_finish(hf_facts_builder_new());
    g_autofree char *text = dump(f, NULL);

    assert_string_equal(text, "unit \n  status ok\n");
    hf_facts_free(f);
}

/* Loaded facts read like those they were written from. */
static void a_loaded_shard_dumps_the_same(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("holdfast-dump-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "x", NULL);
    Sample m;
    HfFacts *built = sample_facts(&m);
    HfFacts *loaded;
    g_autofree char *a = dump(built, NULL);
    g_autofree char *b = NULL;

    assert_true(hf_facts_write(built, path, (const uint8_t[16]){ 0 }, NULL));
    loaded = hf_facts_read(path, NULL);
    assert_non_null(loaded);
    b = dump(loaded, NULL);
    assert_string_equal(a, b);
    hf_facts_free(built);
    hf_facts_free(loaded);
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_matches_the_golden),
        cmocka_unit_test(root_is_left_out_as_a_whole_only),
        cmocka_unit_test(order_of_rows_does_not_show),
        cmocka_unit_test(edges_and_temps_read_well),
        cmocka_unit_test(tables_without_rows_have_no_title),
        cmocka_unit_test(a_loaded_shard_dumps_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
