/* SPDX-License-Identifier: MIT */
/* Configuration as text: parsing, typed reading, messages; trace points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/keyval.h"
#include "base/trace.h"

static char *to_json(JsonObject *o)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    char *text;

    json_node_set_object(node, o);
    text = json_to_string(node, FALSE);
    json_node_unref(node);
    return text;
}

static void parses(const char *text, const char *implied, const char *json)
{
    GError *error = NULL;
    JsonObject *o = keyval_parse_opts(text, implied, &error);
    char *got;

    if (!o) {
        fail_msg("%s: %s", text, error->message);
    }
    got = to_json(o);
    assert_string_equal(got, json);
    g_free(got);
    json_object_unref(o);
}

static void refuses(const char *text, const char *message)
{
    GError *error = NULL;

    assert_null(keyval_parse(text, NULL, &error));
    if (*message == '?') { /* the rest is the library's */
        assert_ptr_equal(strstr(error->message, message + 1), error->message);
    } else {
        assert_string_equal(error->message, message);
    }
    g_error_free(error);
}

static void test_parse(void **state)
{
    parses("", NULL, "{}");
    parses("a=1", NULL, "{\"a\":\"1\"}");
    parses("a=", NULL, "{\"a\":\"\"}");
    parses("a=1,a=2", NULL, "{\"a\":\"2\"}");
    parses("a=x,,y,b==", NULL, "{\"a\":\"x,y\",\"b\":\"=\"}");
    parses("qcow2,node-name=d", "driver",
           "{\"driver\":\"qcow2\",\"node-name\":\"d\"}");
    parses("driver=raw,file.driver=file,file.filename=/x", "driver",
           "{\"driver\":\"raw\",\"file\":"
           "{\"driver\":\"file\",\"filename\":\"/x\"}}");
    parses("l.1=b,l.0.x=a,l.2=c", NULL,
           "{\"l\":[{\"x\":\"a\"},\"b\",\"c\"]}");
    parses("m.0.0=a", NULL, "{\"m\":[[\"a\"]]}");
    parses("socket,id=c,server,nowait", "backend",
           "{\"backend\":\"socket\",\"id\":\"c\",\"server\":\"on\","
           "\"wait\":\"off\"}");
    parses("{\"a\": {\"b\": [1, true]}}", "x", "{\"a\":{\"b\":[1,true]}}");
}

static void test_parse_errors(void **state)
{
    char *deep = g_strnfill(100000, '['), *dots = g_strnfill(100000, '.');
    GError *error = NULL;

    refuses("a", "'a': expected KEY=VALUE");
    refuses("a=1,b", "'b': expected KEY=VALUE");
    refuses("=1", "'' is not a key");
    refuses("a..b=1", "'a..b' is not a key");
    refuses(".a=1", "'.a' is not a key");
    refuses("a.=1", "'a.' is not a key");
    refuses("a b=1", "'a b' is not a key");
    refuses("a=1,a.b=2", "'a.b': 'a' is both a value and a group");
    refuses("a.b=1,a=2", "'a': 'a' is both a value and a group");
    refuses("l.0=a,l.2=b", "'l.1' is missing");
    refuses("l.1=a", "'l.0' is missing");
    refuses("l.00=a", "'l.0' is missing");
    refuses("l.0=a,l.x=b", "'l' has both numbers and names below it");
    refuses("0=a", "'0': a name was expected, not a number");
    refuses("{\"a\": 1", "?JSON: ");
    refuses("{]", "?JSON: ");
    refuses("{\"a\": \"\xff\"}", "JSON: not UTF-8");

    assert_null(keyval_parse_json(deep, -1, &error));
    assert_string_equal(error->message, "JSON: nested deeper than 64");
    g_clear_error(&error);
    dots[0] = 'a';
    dots[99999] = '=';
    for (int i = 2; i < 99999; i += 2) {
        dots[i] = 'a';
    }
    refuses(dots, "a key is nested deeper than 64");
    assert_null(keyval_parse_json("", -1, &error));
    g_clear_error(&error);
    assert_null(keyval_parse_json("[1] x", -1, &error));
    g_clear_error(&error);
    g_free(deep);
    g_free(dots);
}

/* ---- reading ------------------------------------------------------------ */

static const char *const colours[] = { "red", "green", NULL };

typedef struct Values {
    const char *s;
    bool b;
    uint64_t n, size;
    unsigned colour;
    JsonObject *group;
    JsonArray *list;
} Values;

static bool read_all(const char *text, Values *v, GError **error)
{
    static JsonObject *o;
    Keyval kv;
    bool ok;

    if (o) {
        json_object_unref(o);
    }
    o = keyval_parse(text, NULL, NULL);
    assert_non_null(o);
    keyval_begin(&kv, o, "-thing");
    ok = keyval_need_str(&kv, "s", &v->s, error) &&
         keyval_get_bool(&kv, "b", &v->b, error) &&
         keyval_get_uint64(&kv, "n", 1, 8, &v->n, error) &&
         keyval_get_size(&kv, "size", &v->size, error) &&
         keyval_get_enum(&kv, "colour", colours, &v->colour, error) &&
         keyval_get_object(&kv, "group", &v->group, error) &&
         keyval_get_list(&kv, "list", &v->list, error);
    return keyval_end(&kv, error) && ok;
}

static void test_getters(void **state)
{
    Values v = { .b = true, .n = 4, .size = 5, .colour = 1 };

    assert_true(read_all("s=x", &v, NULL));
    assert_string_equal(v.s, "x");
    assert_true(v.b && v.n == 4 && v.size == 5 && v.colour == 1);
    assert_null(v.group);
    assert_true(read_all("s=y,b=off,n=0x8,size=1.5K,colour=red,group.x=1,"
                         "list.0=a", &v, NULL));
    assert_true(!v.b && v.n == 8 && v.size == 1536 && v.colour == 0);
    assert_non_null(v.group);
    assert_int_equal(json_array_get_length(v.list), 1);
    assert_true(read_all("{\"s\":\"z\",\"b\":true,\"n\":1,\"size\":4096,"
                         "\"group\":null}", &v, NULL));
    assert_true(v.b && v.n == 1 && v.size == 4096);
}

static void reading_fails(const char *text, const char *message)
{
    GError *error = NULL;
    Values v;

    assert_false(read_all(text, &v, &error));
    assert_string_equal(error->message, message);
    g_error_free(error);
    assert_false(read_all(text, &v, NULL));
}

static void test_getter_errors(void **state)
{
    reading_fails("b=on", "-thing: 's' is missing");
    reading_fails("s.x=1", "-thing: 's': expected a string, not "
                           "{\"x\":\"1\"}");
    reading_fails("{\"s\":1}", "-thing: 's': expected a string, not 1");
    reading_fails("s=,b=maybe", "-thing: 'b': expected on or off, not "
                                "\"maybe\"");
    reading_fails("s=,n=9", "-thing: 'n': expected a number from 1 to 8, not "
                            "\"9\"");
    reading_fails("s=,n=-1", "-thing: 'n': expected a number from 1 to 8, not "
                             "\"-1\"");
    reading_fails("{\"s\":\"\",\"n\":1.5}",
                  "-thing: 'n': expected a number from 1 to 8, not 1.5");
    reading_fails("s=,size=1X", "-thing: 'size': expected a size such as 512 "
                                "or 1.5G, not \"1X\"");
    reading_fails("s=,colour=blue", "-thing: 'colour': expected one of red, "
                                    "green, not \"blue\"");
    reading_fails("s=,group=1", "-thing: 'group': expected a group of keys, "
                                "not \"1\"");
    reading_fails("s=,list=1", "-thing: 'list': expected a list, not \"1\"");
    reading_fails("s=,size=1,sise=2",
                  "-thing: unknown key 'sise'; known are: b, colour, group, "
                  "list, n, s, size");
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        { "0", 0 }, { "512", 512 }, { "512B", 512 }, { "0x1000", 4096 },
        { "1k", 1024 }, { "16M", 16 << 20 }, { "2G", 2ULL << 30 },
        { "1T", 1ULL << 40 }, { "0.5M", 1 << 19 }, { "15E", 15ULL << 60 },
        { "18446744073709551615", UINT64_MAX }, { "1.25P", 5ULL << 48 },
    };
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "K", "1KB", "1KK", "0x", "0x10K", "16E",
        "99999999999999999999", "1e3", "1.5", "nan", "inf", "1..5K", ".5K",
        "1.e2K",
    };
    uint64_t n;

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        if (!keyval_parse_size(good[i].text, &n) || n != good[i].bytes) {
            fail_msg("%s", good[i].text);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        if (keyval_parse_size(bad[i], &n)) {
            fail_msg("'%s' is taken", bad[i]);
        }
    }
}

/* ---- trace -------------------------------------------------------------- */

static void pass_points(int n)
{
    TRACE(test_alpha, "n %d", n);
    TRACE(test_beta, "%s", "text");
    TRACE(test_beta, "again");
}

static void test_trace(void **state)
{
    char **names = trace_names(), text[256] = "";
    int fds[2], saved = dup(STDERR_FILENO);
    GError *error = NULL;

    assert_int_equal(g_strv_length(names), 2);
    assert_string_equal(names[0], "test_alpha");
    assert_string_equal(names[1], "test_beta");
    g_strfreev(names);
    assert_false(trace_enable("nothing*", &error));
    assert_string_equal(error->message, "no trace point matches 'nothing*'");
    g_error_free(error);

    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    pass_points(1);
    assert_true(trace_enable("test_a*", NULL));
    pass_points(2);
    trace_disable_all();
    pass_points(3);
    dup2(saved, STDERR_FILENO);
    close(fds[1]);
    assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
    assert_non_null(strstr(text, " test_alpha n 2\n"));
    assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
    close(fds[0]);
    close(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_errors),
        cmocka_unit_test(test_getters),
        cmocka_unit_test(test_getter_errors),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
