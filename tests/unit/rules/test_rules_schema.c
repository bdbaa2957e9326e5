/* SPDX-License-Identifier: MIT */
/*
 * rules/schema.json and the tables in rules/README.md are generated from the
 * loader's own tables; here they are compared.  After a change of the format
 *
 *     HOLDFAST_REGENERATE=1 ctest -R test_rules_schema
 *
 * writes both anew.
 */
#include "rules/keys.h"
#include "rules/rules.h"
#include "rules/schema.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SCHEMA PROJECT_DIR "/rules/schema.json"
#define README PROJECT_DIR "/rules/README.md"

static const char begin_mark[] = "<!-- tables: begin -->\n\n";
static const char end_mark[] = "\n<!-- tables: end -->";

static char *read_file(const char *path)
{
    GError *error = NULL;
    char *text;

    if (!g_file_get_contents(path, &text, NULL, &error))
        fail_msg("%s", error->message);
    return text;
}

/* The file with its generated part replaced. */
static char *with_tables(const char *text)
{
    GString *out = g_string_new(NULL);
    const char *begin = strstr(text, begin_mark);
    const char *end = strstr(text, end_mark);

    assert_non_null(begin);
    assert_non_null(end);
    g_string_append_len(out, text, begin - text + strlen(begin_mark));
    hf_rules_key_tables(out);
    g_string_append(out, end);
    return g_string_free(out, FALSE);
}

static void compare(const char *path, const char *have, const char *expected)
{
    gsize at = 0;

    if (strcmp(have, expected) == 0)
        return;
    if (g_getenv("HOLDFAST_REGENERATE")) {
        assert_true(g_file_set_contents(path, expected, -1, NULL));
        return;
    }
    while (have[at] == expected[at])
        at++;
    fail_msg("%s is stale from byte %u on: \"%.40s\" should be \"%.40s\"; run "
             "this test with HOLDFAST_REGENERATE=1", path, (guint)at,
             have + at, expected + at);
}

static void test_schema_file(void **state)
{
    GString *schema = g_string_new(NULL);
    char *have;

    hf_rules_schema(schema);
    if (g_getenv("HOLDFAST_REGENERATE"))
        g_file_set_contents(SCHEMA, schema->str, -1, NULL);
    have = read_file(SCHEMA);
    compare(SCHEMA, have, schema->str);
    g_free(have);
    g_string_free(schema, TRUE);
}

static void test_readme(void **state)
{
    char *have = read_file(README);
    char *expected = with_tables(have);

    compare(README, have, expected);
    g_free(have);
    g_free(expected);
}

/* "name": is in the text. */
static void expect_key(const char *text, const char *name)
{
    char *key = g_strdup_printf("\"%s\": ", name);

    if (!strstr(text, key))
        fail_msg("no %s in the schema", name);
    g_free(key);
}

static void expect_keys(const char *text, const HfKeySpec *keys)
{
    for (; keys && keys->name; keys++) {
        expect_key(text, keys->name);
        for (const HfWord *w = keys->words; w && w->word; w++) {
            char *word = g_strdup_printf("\"%s\"", w->word);

            if (!strstr(text, word))
                fail_msg("no %s in the schema", word);
            g_free(word);
        }
    }
}

/* Whatever the generator does: no key of the loader may be missing. */
static void test_schema_has_all_keys(void **state)
{
    char *text = read_file(SCHEMA);

    for (const HfSectionSpec *s = hf_sections; s->name; s++) {
        expect_key(text, s->name);
        expect_keys(text, s->keys);
    }
    expect_keys(text, hf_context_row_keys);
    for (const HfEffectSpec *e = hf_effects; e->name; e++) {
        expect_key(text, e->name);
        expect_keys(text, e->keys);
    }
    g_free(text);
}

static void test_tables_have_all_keys(void **state)
{
    GString *tables = g_string_new(NULL);

    hf_rules_key_tables(tables);
    for (const HfEffectSpec *e = hf_effects; e->name; e++) {
        char *cell = g_strdup_printf("\n| `%s` | ", e->name);

        if (!strstr(tables->str, cell))
            fail_msg("no row for %s", e->name);
        g_free(cell);
    }
    g_string_free(tables, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_file),
        cmocka_unit_test(test_readme),
        cmocka_unit_test(test_schema_has_all_keys),
        cmocka_unit_test(test_tables_have_all_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
