/* SPDX-License-Identifier: MIT */
/* Cutting bytes into JSON texts, and writing them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "monitor/json_stream.h"
#include "monitor/json_text.h"

static GString *seen; /* one line each */
static unsigned stop_after;

static bool note(void *opaque, JsonNode *value, GError *error)
{
    assert_true(!value != !error);
    if (value) {
        g_autofree char *text = json_text(value, false);

        g_string_append_printf(seen, "%s\n", text);
        json_node_unref(value);
    } else {
        g_string_append(seen, "error\n");
        g_error_free(error);
    }
    return !stop_after || --stop_after;
}

static int setup(void **state)
{
    JsonStream *s = g_new0(JsonStream, 1);

    seen = g_string_new(NULL);
    stop_after = 0;
    json_stream_init(s, note, NULL);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    json_stream_clear(*state);
    g_free(*state);
    g_string_free(seen, TRUE);
    return 0;
}

static void feed(void **state, const char *text)
{
    assert_int_equal(json_stream_feed(*state, text, strlen(text)),
                     strlen(text));
}

static void expect(const char *text)
{
    assert_string_equal(seen->str, text);
    g_string_truncate(seen, 0);
}

static void test_several(void **state)
{
    feed(state, "{\"a\":1}{\"b\":[1,2]} \r\n[3]{}");
    expect("{\"a\": 1}\n{\"b\": [1, 2]}\n[3]\n{}\n");
}

static void test_any_cut(void **state)
{
    const char *text = "{\"a\\\"}\": {\"b\": ['x\\'\"y', \"}\"]}}{'c':null}\n";

    for (size_t cut = 0; cut <= strlen(text); cut++) {
        json_stream_feed(*state, text, cut);
        json_stream_feed(*state, text + cut, strlen(text) - cut);
        expect("{\"a\\\"}\": {\"b\": [\"x'\\\"y\", \"}\"]}}\n{\"c\": null}\n");
    }
    for (size_t i = 0; i < strlen(text); i++) {
        json_stream_feed(*state, text + i, 1);
    }
    expect("{\"a\\\"}\": {\"b\": [\"x'\\\"y\", \"}\"]}}\n{\"c\": null}\n");
}

/* One error each, and what follows is understood again. */
static void test_nonsense(void **state)
{
    static const char *const bad[] = {
        "{]\n",        "{\xff",       "{\x01",    "{'bad \xff",
        "{'id': '\n",  "%p",          "null\n",   "42 17 \"x\"\n",
        "}\n",         "]",           "{'a' 1}",  "{'a':1,}",
        "{'a':@}",     "[1,,2]",      "{1:2}",    "{'a':\"\xc3\x28\"}",
        "\x7f\n",      "{'a': tru}",  "GET / HTTP/1.1\n",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        feed(state, bad[i]);
        feed(state, "{'ok':1}\n");
        if (strcmp(seen->str, "error\n{\"ok\": 1}\n")) {
            fail_msg("%s: %s", bad[i], seen->str);
        }
        g_string_truncate(seen, 0);
    }
    json_stream_feed(*state, "{\0", 2);
    expect("error\n");
}

static void test_nesting(void **state)
{
    g_autofree char *open = g_strnfill(JSON_STREAM_MAX_NESTING, '[');
    g_autofree char *close = g_strnfill(JSON_STREAM_MAX_NESTING, ']');

    feed(state, open);
    feed(state, close);
    assert_null(strstr(seen->str, "error"));
    assert_int_equal(seen->len, 2 * JSON_STREAM_MAX_NESTING + 1);
    g_string_truncate(seen, 0);
    feed(state, open);
    feed(state, "[\n");
    expect("error\n");
    feed(state, "{'ok':1}");
    expect("{\"ok\": 1}\n");
}

static void test_size(void **state)
{
    g_autofree char *piece = g_strnfill(1024 * 1024, 'x');

    feed(state, "{'a': '");
    for (int i = 0; i < 15; i++) {
        feed(state, piece);
    }
    expect("");
    feed(state, piece);
    expect("error\n");
    feed(state, "\n{'ok':1}");
    expect("{\"ok\": 1}\n");
    assert_true(((JsonStream *)*state)->text->allocated_len < 1024 * 1024);
}

static void test_stop(void **state)
{
    const char *text = "{'a':1}{'b':2}{'c':3}";

    stop_after = 2;
    assert_int_equal(json_stream_feed(*state, text, strlen(text)), 14);
    expect("{\"a\": 1}\n{\"b\": 2}\n");
    assert_int_equal(json_stream_feed(*state, text + 14, 7), 7);
    expect("{\"c\": 3}\n");
}

static void test_text(void **state)
{
    g_autoptr(JsonParser) p = json_parser_new();
    const char *json = "{\"s\": \"a\\\"\\\\\\n\\u0001\\u00e9\\ud83d\\ude00\","
                       "\"n\": [-9223372036854775808, 0.1, true, null, {}, "
                       "[]]}";
    g_autofree char *line = NULL;
    g_autofree char *pretty = NULL;

    assert_true(json_parser_load_from_data(p, json, -1, NULL));
    line = json_text(json_parser_get_root(p), false);
    assert_string_equal(line,
        "{\"s\": \"a\\\"\\\\\\n\\u0001\\u00E9\\uD83D\\uDE00\", "
        "\"n\": [-9223372036854775808, 0.10000000000000001, true, null, {}, "
        "[]]}");
    assert_true(json_parser_load_from_data(p, "{\"a\": [1, {}], \"b\": 2}", -1,
                                           NULL));
    pretty = json_text(json_parser_get_root(p), true);
    assert_string_equal(pretty,
        "{\n    \"a\": [\n        1,\n        {\n        }\n    ],\n"
        "    \"b\": 2\n}");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_several), TEST(test_any_cut), TEST(test_nonsense),
        TEST(test_nesting), TEST(test_size),    TEST(test_stop),
        TEST(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
