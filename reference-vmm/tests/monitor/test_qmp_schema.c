/* SPDX-License-Identifier: MIT */
/* The schema's own rules: every type is there, values are checked by it. */
#include "monitor_test.h"
#include "monitor/qmp_members.h"

static bool check(const char *members, const char *text, const char *why)
{
    g_autoptr(JsonObject) o = json_parse(text);
    g_autoptr(GError) error = NULL;
    bool ok = qmp_check_members(members, o, &error);

    assert_true(ok == !error);
    if (why) {
        assert_false(ok);
        if (!strstr(error->message, why)) {
            fail_msg("'%s' is not in: %s", why, error->message);
        }
    }
    return ok;
}

static void test_members(void **state)
{
    const char *m = "id: str, *n: int, *size: size, *b: bool, *x: number, "
                    "*l: [str], *any: any";

    assert_true(check(m, "{'id': 'a'}", NULL));
    assert_true(check(m, "{'id': 'a', 'n': -1, 'size': 0, 'b': false, "
                         "'x': 1.5, 'l': [], 'any': {}}", NULL));
    check(m, "{}", "'id' is missing");
    check(m, "{'id': 1}", "'id' must be a string");
    check(m, "{'id': null}", "'id' must be a string");
    check(m, "{'id': 'a', 'n': '1'}", "'n'");
    check(m, "{'id': 'a', 'n': 1.5}", "'n'");
    check(m, "{'id': 'a', 'size': -1}", "'size'");
    check(m, "{'id': 'a', 'b': 1}", "'b' must be a boolean");
    check(m, "{'id': 'a', 'l': 'x'}", "'l' must be a list");
    check(m, "{'id': 'a', 'l': ['x', 2]}", "'l[1]'");
    check(m, "{'id': 'a', 'y': 2}", "'y' is unexpected");
    check(NULL, "{'y': 2}", "'y' is unexpected");
    assert_true(check("id: str, ...", "{'id': 'a', 'y': 2}", NULL));
}

static void test_types(void **state)
{
    const char *m = "driver: BlockdevDriver; driver: "
                    "null-co=BlockdevOptionsNull, "
                    "throttle=BlockdevOptionsThrottle";

    assert_true(check(m, "{'driver': 'null-co', 'size': 1}", NULL));
    check(m, "{'driver': 'null-co', 'size': 'x'}", "'size'");
    check(m, "{'driver': 'nope'}", "it takes blkdebug");
    check(m, "{'driver': 3}", "'driver' must be a string");
    check(m, "{'size': 3}", "'driver' is missing");
    check(m, "{'driver': 'throttle'}", "'throttle-group' is missing");
    /* "file" is a name or an object, however deep. */
    m = "f: BlockdevRef";
    assert_true(check(m, "{'f': 'a'}", NULL));
    assert_true(check(m, "{'f': {'driver': 'raw', 'file': 'a'}}", NULL));
    check(m, "{'f': {'driver': 'raw', 'file': {'driver': 'raw', 'file': 3}}}",
          "'f.file.file' must be one of");
    check(m, "{'f': null}", "'f' must be one of");
    assert_true(check("f: BlockdevRefOrNull", "{'f': null}", NULL));
}

/* The error at the bottom is found in the time that it takes to get there. */
static void test_deep(void **state)
{
    GString *text = g_string_new("{'f': ");
    int depth = 400;

    for (int i = 0; i < depth; i++) {
        g_string_append(text, "{'driver': 'raw', 'file': ");
    }
    g_string_append(text, "3");
    for (int i = 0; i <= depth; i++) {
        g_string_append_c(text, '}');
    }
    check("f: BlockdevRef", text->str, "must be one of");
    g_string_free(text, TRUE);
}

/* ---- introspection ------------------------------------------------------ */

static JsonObject *entry(GHashTable *all, const char *name)
{
    JsonObject *e = g_hash_table_lookup(all, name);

    if (!e) {
        fail_msg("type '%s' is mentioned, but not there", name);
    }
    return e;
}

static const char *meta(JsonObject *e)
{
    return json_object_get_string_member(e, "meta-type");
}

static void refers(GHashTable *all, JsonObject *e, const char *member,
                   const char *wanted)
{
    JsonObject *to = entry(all, json_object_get_string_member(e, member));

    if (wanted) {
        assert_string_equal(meta(to), wanted);
    }
}

static bool enum_has(JsonObject *e, const char *value)
{
    JsonArray *values = json_object_get_array_member(e, "values");
    JsonArray *members = json_object_get_array_member(e, "members");
    bool found = false;

    assert_int_equal(json_array_get_length(values),
                     json_array_get_length(members));
    for (guint i = 0; i < json_array_get_length(values); i++) {
        const char *name = json_array_get_string_element(values, i);

        assert_string_equal(
            json_object_get_string_member(
                json_array_get_object_element(members, i), "name"), name);
        found |= !strcmp(name, value);
    }
    return found;
}

static void walk_object(GHashTable *all, JsonObject *e)
{
    JsonArray *members = json_object_get_array_member(e, "members");
    const char *tag = qmp_arg_str(e, "tag");
    JsonObject *kinds = NULL;

    for (guint i = 0; i < json_array_get_length(members); i++) {
        JsonObject *m = json_array_get_object_element(members, i);

        refers(all, m, "type", NULL);
        if (tag && !strcmp(json_object_get_string_member(m, "name"), tag)) {
            kinds = entry(all, json_object_get_string_member(m, "type"));
        }
    }
    if (tag) {
        JsonArray *variants = json_object_get_array_member(e, "variants");

        assert_non_null(kinds);
        for (guint i = 0; i < json_array_get_length(variants); i++) {
            JsonObject *v = json_array_get_object_element(variants, i);

            refers(all, v, "type", "object");
            assert_true(enum_has(kinds,
                                 json_object_get_string_member(v, "case")));
        }
    }
}

static void walk(GHashTable *all, JsonObject *e)
{
    const char *kind = meta(e);

    if (!strcmp(kind, "command")) {
        refers(all, e, "arg-type", "object");
        refers(all, e, "ret-type", NULL);
    } else if (!strcmp(kind, "event")) {
        refers(all, e, "arg-type", "object");
    } else if (!strcmp(kind, "array")) {
        refers(all, e, "element-type", NULL);
    } else if (!strcmp(kind, "object")) {
        walk_object(all, e);
    } else if (!strcmp(kind, "alternate")) {
        JsonArray *list = json_object_get_array_member(e, "members");

        assert_true(json_array_get_length(list) > 1);
        for (guint i = 0; i < json_array_get_length(list); i++) {
            refers(all, json_array_get_object_element(list, i), "type", NULL);
        }
    } else if (!strcmp(kind, "enum")) {
        assert_false(enum_has(e, ""));
    } else {
        assert_string_equal(kind, "builtin");
        assert_non_null(qmp_arg_str(e, "json-type"));
    }
}

static void test_introspection(void **state)
{
    g_autoptr(JsonNode) schema = qmp_schema_to_json();
    JsonArray *list = json_node_get_array(schema);
    g_autoptr(GHashTable) all = g_hash_table_new(g_str_hash, g_str_equal);

    assert_true(qmp_check_result(qmp_command_find("query-qmp-schema"), schema,
                                 NULL));
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *e = json_array_get_object_element(list, i);
        const char *name = json_object_get_string_member(e, "name");

        if (!g_hash_table_insert(all, (gpointer)name, e)) {
            fail_msg("there are two '%s'", name);
        }
    }
    for (guint i = 0; i < json_array_get_length(list); i++) {
        walk(all, json_array_get_object_element(list, i));
    }
    assert_true(json_object_get_boolean_member(entry(all, "yank"),
                                               "allow-oob"));
    assert_false(json_object_has_member(entry(all, "quit"), "allow-oob"));
}

/* Types of members and results, also of those nobody mentions. */
static void test_tables(void **state)
{
    for (const QmpSet *const *set = qmp_sets(); *set; set++) {
        for (const QmpCommand *c = (*set)->commands; c && c->name; c++) {
            assert_true(!c->run != !c->run_oob);
            assert_ptr_equal(qmp_command_find(c->name), c);
        }
        for (const QmpType *t = (*set)->types; t && t->name; t++) {
            QmpMemberIter it;

            assert_ptr_equal(qmp_type_find(t->name), t);
            qmp_members_start(&it, t->members);
            while (t->kind == QMP_OBJECT && qmp_members_next(&it)) {
                assert_string_not_equal(it.type, "");
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members), cmocka_unit_test(test_types),
        cmocka_unit_test(test_deep),    cmocka_unit_test(test_introspection),
        cmocka_unit_test(test_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
