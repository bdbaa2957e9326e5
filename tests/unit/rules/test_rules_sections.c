/* SPDX-License-Identifier: MIT */
/* Every section and its keys, defaults included; dump and digest. */
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

static void expect_list(GPtrArray *list, const char *expected)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s%s", i ? " " : "",
                               (char *)g_ptr_array_index(list, i));
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
}

static void test_extract(void **state)
{
    HfRules *r = load("extract:\n"
                      "  define: [A, B=1, 'C=\"x y\"', 'D(x)=x', A=2, "
                      "'D(...)=f(__VA_ARGS__)', E()]\n"
                      "  markers: [m1, m2, m1]\n"
                      "  macro_calls: call\n"
                      "  noreturn: [abort, exit]\n"
                      "functions:\n"
                      "  die: {noreturn: true}\n"
                      "  exit: {noreturn: true}\n"
                      "  die_*: {noreturn: true}\n");

    expect_list(r->extract.defines, "B=1 C=\"x y\" A=2 "
                "D(...)=f(__VA_ARGS__) E()");
    expect_list(r->extract.markers, "m1 m2");
    expect_list(r->extract.macro_calls, "call");
    expect_list(r->extract.noreturn, "abort exit die");
    hf_rules_free(r);
}

static void test_capabilities(void **state)
{
    HfRules *r = load("capabilities:\n"
                      "  bql: {kind: lock, recursive: true,\n"
                      "        unknown_entry: absent, implies: [main],\n"
                      "        spellings: [big, '&big'], description: d d}\n"
                      "  main: {kind: role, unknown_entry: held}\n"
                      "  rcu: {kind: token, unknown_entry: unknown}\n"
                      "  co: {kind: mode}\n");
    const HfCapRule *c = g_ptr_array_index(r->caps, 0);

    assert_int_equal(r->caps->len, 4);
    assert_string_equal(c->name, "bql");
    assert_int_equal(c->kind, HF_CAP_LOCK);
    assert_true(c->recursive);
    assert_int_equal(c->unknown_entry, HF_ENTRY_ABSENT);
    expect_list(c->implies, "main");
    expect_list(c->spellings, "big &big");
    assert_string_equal(c->description, "d d");
    assert_int_equal(c->place.line, 2);
    assert_int_equal(c->place.col, 3);
    c = g_ptr_array_index(r->caps, 1);
    assert_int_equal(c->kind, HF_CAP_ROLE);
    assert_false(c->recursive);
    assert_int_equal(c->unknown_entry, HF_ENTRY_HELD);
    assert_null(c->description);
    c = g_ptr_array_index(r->caps, 2);
    assert_int_equal(c->kind, HF_CAP_TOKEN);
    assert_int_equal(c->unknown_entry, HF_ENTRY_UNKNOWN);
    c = g_ptr_array_index(r->caps, 3);
    assert_int_equal(c->kind, HF_CAP_MODE);
    assert_int_equal(c->unknown_entry, HF_ENTRY_UNKNOWN);
    hf_rules_free(r);
}

static void test_lock_types(void **state)
{
    HfRules *r = load("lock_types:\n"
                      "  M: {}\n"
                      "  R: {recursive: true, shared: true, spins: false, rank: -3,\n"
                      "      stands_for: object}\n");
    const HfLockTypeRule *m = g_ptr_array_index(r->lock_types, 0);
    const HfLockTypeRule *k = g_ptr_array_index(r->lock_types, 1);

    assert_string_equal(m->type, "M");
    assert_false(m->recursive || m->shared || m->rank);
    assert_string_equal(k->type, "R");
    assert_true(k->recursive && k->shared);
    assert_int_equal(k->rank, -3);
    assert_null(m->stands_for);
    assert_string_equal(k->stands_for, "object");
    hf_rules_free(r);
}

static void test_roles(void **state)
{
    HfRules *r = load("capabilities: {bql: {kind: lock}}\n"
                      "roles:\n"
                      "  a: {entries: [main, 'worker_*'], holds: bql,\n"
                      "      unique: true, in_coroutine: true,\n"
                      "      alone: ['pause_*']}\n"
                      "  b: {entries: x, unique: false}\n");
    const HfRoleRule *a = g_ptr_array_index(r->roles, 0);
    const HfRoleRule *b = g_ptr_array_index(r->roles, 1);

    expect_list(a->entries, "main worker_*");
    expect_list(a->holds, "bql");
    assert_true(a->unique && a->in_coroutine);
    expect_list(a->alone, "pause_*");
    expect_list(b->entries, "x");
    expect_list(b->holds, "");
    assert_false(b->unique || b->in_coroutine);
    hf_rules_free(r);
}

static void test_contexts(void **state)
{
    HfRules *r = load("capabilities: {a: {kind: lock}, b: {kind: role}}\n"
                      "contexts:\n"
                      "  gs: {may_call: [gs, io_or_gs, io]}\n"
                      "  io_or_gs: {may_call: [io_or_gs, io]}\n"
                      "  gs_requires: a|b\n"
                      "  io_or_gs_requires: b\n");
    static const gboolean expected[3][3] = {
        { TRUE, TRUE, TRUE }, { FALSE, FALSE, FALSE }, { FALSE, TRUE, TRUE },
    };

    assert_true(r->contexts.set);
    assert_memory_equal(r->contexts.allowed, expected, sizeof(expected));
    assert_string_equal(r->contexts.gs_requires, "a|b");
    assert_string_equal(r->contexts.io_or_gs_requires, "b");
    hf_rules_free(r);
    r = load("description: nothing\n");
    assert_false(r->contexts.set);
    assert_null(r->contexts.gs_requires);
    hf_rules_free(r);
}

static void test_checkers(void **state)
{
    HfRules *r = load("checkers:\n"
                      "  LOCK: {enabled: false}\n"
                      "  GUARDED_BY: {options: {min-count: 3, mode: fast}}\n"
                      "  MISSING_LOCK:\n"
                      "    intentional:\n"
                      "      - {function: 'f_*', field: S.x, code: joined,\n"
                      "         reason: all have ended}\n");
    const HfCheckerRule *c = hf_rules_checker(r, "GUARDED_BY");
    const HfIntentRule *i;

    assert_false(hf_rules_checker(r, "LOCK")->enabled);
    assert_true(c->enabled);
    assert_string_equal(g_hash_table_lookup(c->options, "min-count"), "3");
    assert_string_equal(g_hash_table_lookup(c->options, "mode"), "fast");
    assert_null(hf_rules_checker(r, "RCU"));
    c = hf_rules_checker(r, "MISSING_LOCK");
    assert_int_equal(c->intentional->len, 1);
    i = g_ptr_array_index(c->intentional, 0);
    assert_string_equal(i->function, "f_*");
    assert_string_equal(i->field, "S.x");
    assert_string_equal(hf_intent_code(i), "joined");
    assert_string_equal(i->reason, "all have ended");
    hf_rules_free(r);
}

static void test_rest(void **state)
{
    HfRules *r = load("profile: my-profile\n"
                      "description: what it is\n"
                      "exempt_phases: ['*_init', 'free?', '*_init']\n"
                      "fields: {S.x: {guarded_by: lock, rank: 2}}\n");
    const HfFieldRule *f = hf_rules_field(r, "S", "x");

    assert_string_equal(r->profile, "my-profile");
    expect_list(r->exempt_phases, "*_init free?");
    expect_list(r->files, "t.yaml");
    assert_string_equal(f->record, "S");
    assert_string_equal(f->field, "x");
    assert_int_equal(f->effects->len, 2);
    assert_null(hf_rules_field(r, "S", "y"));
    assert_null(hf_rules_field(r, "T", "x"));
    hf_rules_free(r);
    r = load("description: no name\n");
    assert_string_equal(r->profile, "t.yaml");
    hf_rules_free(r);
}

/* ---- dump -------------------------------------------------------------- */

static const char everything[] =
    "extract: {define: [A=1], markers: [m], macro_calls: [c]}\n"
    "capabilities:\n"
    "  bql: {kind: lock, recursive: true, spellings: ['&g'], implies: co, called: [x y],\n"
    "        description: 'it''s \"big\" \\'}\n"
    "  co: {kind: mode}\n"
    "lock_types: {M: {rank: 3, stands_for: object}}\n"
    "functions:\n"
    "  a: [{requires: bql}, {requires: x}]\n"
    "  b*: {callback: {function: arg0, data: arg2, run: bh, role: io,\n"
    "                  holds: []}}\n"
    "  c: {callback: arg1, string_copy: {to: arg3, instead: x},\n"
    "      pair_open: 'p, ret', co_wrapper: true, alloc: ret}\n"
    "  d: {}\n"
    "annotations: {'x:*': {pair_close: $1, rank: $1, requires: a->$1}}\n"
    "spellings: {requires bql: {before: A, after: 'B($1)', body: C,\n"
    "                           on: both, lock: object, include: '<h>'},\n"
    "            gs: {body: G}}\n"
    "fields: {R.f: {rank: R_X}}\n"
    "slots: {'R*.f': {entry: held, io: true}, R.g: {}}\n"
    "roles: {io: {entries: [t], holds: [bql], unique: true}}\n"
    "contexts: {gs: {may_call: [io]}, gs_requires: bql}\n"
    "checkers: {LOCK: {enabled: false, options: {b: 1, a: 2}}}\n"
    "exempt_phases: [init_*]\n";

static const char everything_dumped[] =
    "extract:\n"
    "  define: [\"A=1\"]\n"
    "  markers: [\"m\"]\n"
    "  macro_calls: [\"c\"]\n"
    "  noreturn: []\n"
    "capabilities:\n"
    "  # t.yaml:3\n"
    "  \"bql\": {kind: lock, recursive: true, unknown_entry: unknown, "
    "spellings: [\"&g\"], implies: [\"co\"], "
    "called: [\"x y\"], description: \"it's \\\"big\\\" \\\\\"}\n"
    "  # t.yaml:5\n"
    "  \"co\": {kind: mode, recursive: false, unknown_entry: unknown}\n"
    "lock_types:\n"
    "  # t.yaml:6\n"
    "  \"M\": {recursive: false, shared: false, yields: false, spins: false, "
    "rank: 3, stands_for: \"object\"}\n"
    "functions:\n"
    "  # t.yaml:8\n"
    "  \"a\": [{requires: \"bql\"},\n"
    "    {requires: \"x\"}]\n"
    "  # t.yaml:9\n"
    "  \"b*\": [{callback: {function: arg0, data: arg2, run: bh, "
    "role: \"io\", holds: [], own: false}}]\n"
    "  # t.yaml:11\n"
    "  \"c\": [{callback: {function: arg1, run: call, own: false}},\n"
    "    {string_copy: {to: arg3, instead: \"x\"}},\n"
    "    {pair_open: \"p, ret\"},\n"
    "    {co_wrapper: true},\n"
    "    {alloc: ret}]\n"
    "  # t.yaml:13\n"
    "  \"d\": []\n"
    "annotations:\n"
    "  # t.yaml:14\n"
    "  \"x:*\": [{pair_close: \"$1\"},\n"
    "    {rank: \"$1\"},\n"
    "    {requires: \"a->$1\"}]\n"
    "spellings:\n"
    "  # t.yaml:15\n"
    "  \"requires bql\": {before: \"A\", after: \"B($1)\", body: \"C\", "
    "on: both, lock: object, include: \"<h>\"}\n"
    "  # t.yaml:17\n"
    "  \"gs\": {body: \"G\", on: declaration, lock: address}\n"
    "fields:\n"
    "  # t.yaml:18\n"
    "  \"R.f\": [{rank: \"R_X\"}]\n"
    "slots:\n"
    "  # t.yaml:19\n"
    "  \"R*.f\": [{entry: held},\n"
    "    {io: true}]\n"
    "  # t.yaml:19\n"
    "  \"R.g\": []\n"
    "roles:\n"
    "  # t.yaml:20\n"
    "  \"io\": {entries: [\"t\"], holds: [\"bql\"], unique: true, "
    "in_coroutine: false}\n"
    "contexts:\n"
    "  gs: {may_call: [io]}\n"
    "  io: {may_call: []}\n"
    "  io_or_gs: {may_call: []}\n"
    "  gs_requires: \"bql\"\n"
    "checkers:\n"
    "  # t.yaml:22\n"
    "  \"LOCK\": {enabled: false, options: {\"a\": \"2\", \"b\": \"1\"}}\n"
    "exempt_phases: [\"init_*\"]\n";

/* Without the comments: loaded again, a dump has other places. */
static char *without_places(const char *text)
{
    GString *out = g_string_new(NULL);
    char **lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++)
        if (!g_str_has_prefix(*line, "  # "))
            g_string_append_printf(out, "%s\n", *line);
    g_strfreev(lines);
    return g_string_free(out, FALSE);
}

static void test_dump(void **state)
{
    HfRules *first = load(everything);
    GString *text = g_string_new(NULL);
    GString *again = g_string_new(NULL);
    HfRules *second;
    char *a, *b;

    hf_rules_dump(first, text);
    assert_string_equal(text->str, everything_dumped);
    second = load(text->str);
    hf_rules_dump(second, again);
    a = without_places(text->str);
    b = without_places(again->str);
    assert_string_equal(a, b);
    g_free(a);
    g_free(b);
    g_string_free(text, TRUE);
    g_string_free(again, TRUE);
    hf_rules_free(second);
    hf_rules_free(first);
}

/* ---- digest ------------------------------------------------------------ */

static char *digest(const char *yaml)
{
    HfRules *r = load(yaml);
    GString *text = g_string_new(NULL);
    uint8_t bytes[16];

    hf_rules_extract_digest(r, bytes);
    for (int i = 0; i < 16; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    hf_rules_free(r);
    return g_string_free(text, FALSE);
}

static void expect_digests(const char *a, const char *b, gboolean same)
{
    char *da = digest(a), *db = digest(b);

    if ((strcmp(da, db) == 0) != same)
        fail_msg("%s against %s", a, b);
    g_free(da);
    g_free(db);
}

static void test_digest(void **state)
{
    static const char base[] = "extract: {define: [A], markers: [m, n], "
        "macro_calls: [c], noreturn: [x]}\n";
    static const char *const others[] = {
        "extract: {define: [A=1], markers: [m, n], macro_calls: [c], "
        "noreturn: [x]}\n",
        "extract: {define: [A], markers: [m], macro_calls: [c], "
        "noreturn: [x]}\n",
        "extract: {define: [A], markers: [m, n], macro_calls: [c, d], "
        "noreturn: [x]}\n",
        "extract: {define: [A], markers: [m, n], macro_calls: [c], "
        "noreturn: [y]}\n",
        "extract: {define: [A], markers: [m], macro_calls: [c, n], "
        "noreturn: [x]}\n",
        "extract: {define: [A], markers: [mn], macro_calls: [c], "
        "noreturn: [x]}\n",
    };
    char *more = g_strconcat(base, "functions: {f: {acquire: arg0}}\n"
                             "capabilities: {bql: {kind: lock}}\n"
                             "checkers: {LOCK: {enabled: false}}\n"
                             "exempt_phases: [a]\n", NULL);
    char *noreturn = g_strconcat(base, "functions: {f: {noreturn: true}}\n",
                                 NULL);

    expect_digests(base, more, TRUE);
    expect_digests(base, "extract: {noreturn: [x], define: [A], "
                   "macro_calls: [c], markers: [n, m]}\n", TRUE);
    expect_digests(base, noreturn, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        expect_digests(base, others[i], FALSE);
    g_free(more);
    g_free(noreturn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extract),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_lock_types),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_checkers),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
