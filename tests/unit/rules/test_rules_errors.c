/* SPDX-License-Identifier: MIT */
/* Every way in which a rules file can be wrong, and what is said of it. */
#include "rules/rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    const char *yaml;
    const char *message;
} Case;

static void expect(const Case *c, HfRulesError code)
{
    GError *error = NULL;
    HfRules *rules = hf_rules_load_string(c->yaml, strlen(c->yaml), "t.yaml",
                                          NULL, &error);

    if (rules)
        fail_msg("no error for: %s", c->yaml);
    assert_string_equal(error->message, c->message);
    assert_int_equal(error->domain, HF_RULES_ERROR);
    assert_int_equal(error->code, code);
    g_error_free(error);
    /* And nobody has to ask why. */
    assert_null(hf_rules_load_string(c->yaml, strlen(c->yaml), "t.yaml", NULL,
                                     NULL));
}

#define EXPECT(code, list)                              \
    do {                                                \
        for (guint i_ = 0; i_ < G_N_ELEMENTS(list); i_++) \
            expect(&(list)[i_], code);                  \
    } while (0)

static void test_not_yaml(void **state)
{
    static const Case cases[] = {
        { "", "t.yaml:1:1: expected a mapping, found nothing" },
        { "# only a comment\n",
          "t.yaml:1:1: expected a mapping, found nothing" },
        { "a: [1\n", "t.yaml:2:1: not YAML: flow sequence without a closing "
          "bracket" },
        { "a: \"x\n", "t.yaml:1:5: not YAML: double-quoted scalar without "
          "closing quote" },
        { "a: 1\n b: 2\n", "t.yaml:1:4: not YAML: invalid multiline plain "
          "key" },
        { "functions:\n  f: {}\n  f: {}\n",
          "t.yaml:3:3: expected each key once, found 'f' again (first on line "
          "2)" },
        { "profile: a\nprofile: b\n",
          "t.yaml:2:1: expected each key once, found 'profile' again (first "
          "on line 1)" },
        { "a: &x 1\n", "t.yaml:1:5: expected plain YAML, found an anchor" },
        { "a: &x {b: 1}\n",
          "t.yaml:1:5: expected plain YAML, found an anchor" },
        { "a: &x [1]\n", "t.yaml:1:5: expected plain YAML, found an anchor" },
        { "a: *x\n", "t.yaml:1:5: expected plain YAML, found an alias" },
        { "a: !!str 1\n", "t.yaml:1:4: expected plain YAML, found a tag" },
        { "a: !x {}\n", "t.yaml:1:4: expected plain YAML, found a tag" },
        { "a: !x []\n", "t.yaml:1:4: expected plain YAML, found a tag" },
        { "%YAML 1.2\n---\na: 1\n",
          "t.yaml:1:1: expected plain YAML, found a directive" },
        { "profile:\ta\n", "t.yaml:1:9: expected spaces, found a tab" },
        /* Over this, libfyaml 0.7.12 frees a key twice. */
        { "? p\tt\t:\t|\no\t:\t|\no",
          "t.yaml:1:4: expected spaces, found a tab" },
        { "profile: a\n---\nprofile: b\n",
          "t.yaml:1:10: expected one document, found another after it" },
        { "? [a, b]\n: c\n", "t.yaml:1:3: expected a key, found a list" },
        { "? {a: b}\n: c\n", "t.yaml:1:3: expected a key, found a mapping" },
        { "profile: \"a\\0b\"\n",
          "t.yaml:1:10: expected text, found control character 0x00" },
        { "profile: \"a\\eb\"\n",
          "t.yaml:1:10: expected text, found control character 0x1b" },
        { "profile: a\nx: \xff\n",
          "t.yaml:2:4: expected UTF-8 text, found byte 0xff" },
    };

    EXPECT(HF_RULES_ERROR_SYNTAX, cases);
}

static void test_shape(void **state)
{
    static const Case cases[] = {
        { "just text\n", "t.yaml:1:1: expected a mapping of sections, found "
          "'just text'" },
        { "[a]\n", "t.yaml:1:1: expected a mapping of sections, found a "
          "list" },
        { "functon: {}\n",
          "t.yaml:1:1: expected one of profile, description, include, "
          "extract, capabilities, lock_types, functions, annotations, "
          "spellings, fields, slots, roles, contexts, checkers, exempt_phases; found 'functon' "
          "(did you mean 'functions'?)" },
        { "xyz: {}\n",
          "t.yaml:1:1: expected one of profile, description, include, "
          "extract, capabilities, lock_types, functions, annotations, "
          "spellings, fields, "
          "slots, roles, contexts, checkers, exempt_phases; found 'xyz'" },
        { "functions: [a]\n", "t.yaml:1:12: expected a mapping, found a list" },
        { "functions:\n", "t.yaml:1:1: expected a mapping, found nothing" },
        { "extract: x\n", "t.yaml:1:10: expected a mapping, found 'x'" },
        { "profile: {a: b}\n",
          "t.yaml:1:10: expected the name of a profile, found a mapping" },
        { "profile: a/b\n",
          "t.yaml:1:10: expected the name of a profile, found 'a/b'" },
        { "description: ''\n", "t.yaml:1:14: expected text, found ''" },
        { "exempt_phases: [a b]\n", "t.yaml:1:17: expected a C identifier, "
          "with * and ?, found 'a b'" },
        { "extract: {defines: [A]}\n",
          "t.yaml:1:11: expected one of define, markers, macro_calls, "
          "noreturn; found 'defines' (did you mean 'define'?)" },
        { "extract: {define: [1A]}\n",
          "t.yaml:1:20: expected NAME or NAME=VALUE, found '1A'" },
        { "extract: {define: ['A(x']}\n",
          "t.yaml:1:20: expected NAME or NAME=VALUE, found 'A(x'" },
        { "extract: {define: ['A(x)y']}\n",
          "t.yaml:1:20: expected NAME or NAME=VALUE, found 'A(x)y'" },
        { "extract: {define: [[A]]}\n",
          "t.yaml:1:20: expected NAME or NAME=VALUE, found a list" },
        { "extract: {markers: 'a*'}\n",
          "t.yaml:1:20: expected a C identifier, found 'a*'" },
    };

    EXPECT(HF_RULES_ERROR_SCHEMA, cases);
}

static void test_named(void **state)
{
    static const Case cases[] = {
        { "capabilities: {a b: {kind: lock}}\n",
          "t.yaml:1:16: expected a name, found 'a b'" },
        { "spellings: {locked: {after: x}}\n",
          "t.yaml:1:13: expected the name of an effect that annotations "
          "have, found 'locked'" },
        { "spellings: {gs bql: {after: x}}\n",
          "t.yaml:1:13: expected an effect alone: it names no lock, found "
          "'gs bql'" },
        { "spellings: {requires: {after: x}}\n",
          "t.yaml:1:13: expected the effect followed by * or a capability, "
          "found 'requires'" },
        { "spellings: {requires bqq: {after: x}}\n",
          "t.yaml:1:13: expected a declared capability, found 'bqq'" },
        { "spellings: {gs: {on: top}}\n",
          "t.yaml:1:22: expected one of declaration, definition, both; found "
          "'top'" },
        { "capabilities: {a: lock}\n",
          "t.yaml:1:19: expected a mapping, found 'lock'" },
        { "capabilities: {a: {}}\n",
          "t.yaml:1:19: expected the key 'kind', found none" },
        { "capabilities: {a: {kind: lok}}\n",
          "t.yaml:1:26: expected one of lock, token, role, mode; found 'lok' "
          "(did you mean 'lock'?)" },
        { "capabilities: {a: {kind: [lock]}}\n",
          "t.yaml:1:26: expected one of lock, token, role, mode, found a "
          "list" },
        { "capabilities: {a: {kind: lock, recursive: yes}}\n",
          "t.yaml:1:43: expected true or false, found 'yes'" },
        { "capabilities: {a: {kind: lock, recursive: 'true'}}\n",
          "t.yaml:1:43: expected true or false, found 'true'" },
        { "capabilities: {a: {kind: lock, implies: [b]}}\n",
          "t.yaml:1:42: expected a declared capability (a), found 'b'" },
        { "capabilities: {abcd: {kind: lock, implies: abdc}}\n",
          "t.yaml:1:44: expected a declared capability (abcd), found 'abdc' "
          "(did you mean 'abcd'?)" },
        { "lock_types: {struct m: {}}\n",
          "t.yaml:1:14: expected the name of a record or typedef, found "
          "'struct m'" },
        { "lock_types: {m: {rank: x}}\n",
          "t.yaml:1:24: expected an integer, found 'x'" },
        { "lock_types: {m: {rank: 99999999999}}\n",
          "t.yaml:1:24: expected an integer, found '99999999999'" },
        { "functions: {'a,': {}}\n",
          "t.yaml:1:13: expected the name of a function, with * and ?, found "
          "'a,'" },
        { "functions: {'': {}}\n",
          "t.yaml:1:13: expected the name of a function, with * and ?, found "
          "''" },
        { "functions:\n  a: {}\n  b, a: {}\n",
          "t.yaml:3:3: expected each name once, found 'a' again (first on line "
          "2)" },
        { "slots:\n  A.b: {}\n  A.c, A.b: {}\n",
          "t.yaml:3:3: expected each name once, found 'A.b' again (first on "
          "line 2)" },
        { "slots: {'A.b, c': {}}\n",
          "t.yaml:1:9: expected Record.field, found 'A.b, c'" },
        { "functions: {a-b: {}}\n",
          "t.yaml:1:13: expected the name of a function, with * and ?, found "
          "'a-b'" },
        { "annotations: {'a*b*': {}}\n",
          "t.yaml:1:15: expected an annotation with at most one *, found "
          "'a*b*'" },
        { "fields: {lock: {}}\n",
          "t.yaml:1:10: expected Record.field, found 'lock'" },
        { "slots: {A.: {}}\n",
          "t.yaml:1:9: expected Record.field, found 'A.'" },
        { "slots: {struct A.b: {}}\n",
          "t.yaml:1:9: expected Record.field, found 'struct A.b'" },
        { "slots: {A.b: {entry: hold}}\n",
          "t.yaml:1:22: expected one of unknown, absent, held; found 'hold' "
          "(did you mean 'held'?)" },
        { "roles: {a: {unique: true}}\n",
          "t.yaml:1:12: expected the key 'entries', found none" },
        { "roles: {a: {entries: x, holds: [bql]}}\n",
          "t.yaml:1:33: expected a declared capability, found 'bql'" },
        { "checkers: {lock: {}}\n",
          "t.yaml:1:12: expected the name of a checker, in capitals, found "
          "'lock'" },
        { "checkers: {LOCK: {options: [a]}}\n",
          "t.yaml:1:28: expected a mapping of names to values, found a list" },
        { "checkers: {LOCK: {options: {a: [1]}}}\n",
          "t.yaml:1:32: expected a value, found a list" },
        { "checkers: {LOCK: {options: {a: }}}\n",
          "t.yaml:1:29: expected a value, found nothing" },
        { "checkers: {LOCK: {options: {a b: c}}}\n",
          "t.yaml:1:29: expected the name of an option, found 'a b'" },
        { "contexts: {gs: [gs]}\n",
          "t.yaml:1:16: expected a mapping with may_call, found a list" },
        { "contexts: {gs: {may_call: gs}}\n",
          "t.yaml:1:27: expected a list of gs, io, io_or_gs, found 'gs'" },
        { "contexts: {gs: {may_call: [g]}}\n",
          "t.yaml:1:28: expected one of gs, io, io_or_gs; found 'g'" },
        { "contexts: {g: {}}\n",
          "t.yaml:1:12: expected one of gs, io, io_or_gs, gs_requires, "
          "io_or_gs_requires; found 'g'" },
        { "contexts: {gs_requires: a|}\n",
          "t.yaml:1:25: expected names of capabilities joined by '|', found "
          "'a|'" },
        { "contexts: {gs_requires: a|b}\ncapabilities: {a: {kind: lock}}\n",
          "t.yaml:1:25: expected a declared capability (a), found 'b'" },
    };

    EXPECT(HF_RULES_ERROR_SCHEMA, cases);
}

static void test_effects(void **state)
{
    static const Case cases[] = {
        { "functions: {f: acquire}\n",
          "t.yaml:1:16: expected a mapping of effects, or a list of such "
          "mappings, found 'acquire'" },
        { "functions: {f: [acquire]}\n",
          "t.yaml:1:17: expected a mapping of effects, found 'acquire'" },
        { "functions: {f: {aquire: arg0}}\n",
          "t.yaml:1:17: expected an effect of a function, found 'aquire' (did "
          "you mean 'acquire'?)" },
        { "functions: {f: {guarded_by: arg0}}\n",
          "t.yaml:1:17: expected one of acquire, acquire_shared, try_acquire, "
          "try_acquire_shared, release, drop_and_retake, requires, "
          "requires_shared, excludes, assert_held, assert_shared, test_held, "
          "init, destroy, gs, io, io_or_gs, coroutine, no_coroutine, "
          "coroutine_mixed, co_wrapper, co_wrapper_mixed, returns_arg, "
          "returns_lock, alloc, free, rcu_read, rcu_publish, fill, changes, "
          "string_copy, string_copy_truncating, pair_open, pair_close, "
          "sends, noreturn, unjudged, succeeds, returns_twice, blocking, "
          "may_block, wakes, callback, join, gives_loop, runs_in, moves_to, "
          "yields, self, intentional, no_analysis; found "
          "'guarded_by'" },
        { "fields: {A.b: {acquire: x}}\n",
          "t.yaml:1:16: expected one of guarded_by, pt_guarded_by, "
          "rcu_protected, acquired_before, acquired_after, rank; found "
          "'acquire'" },
        { "slots: {A.b: {requries: x}}\n",
          "t.yaml:1:15: expected an effect of a slot, found 'requries' (did "
          "you mean 'requires'?)" },
        { "annotations: {a: {reqires: x}}\n",
          "t.yaml:1:19: expected an effect, found 'reqires' (did you mean "
          "'requires'?)" },
        { "functions: {f: {acquire: }}\n",
          "t.yaml:1:17: expected a capability expression, found nothing" },
        { "functions: {f: {acquire: {lock: a}}}\n",
          "t.yaml:1:26: expected a capability expression, found a mapping" },
        { "functions: {f: {acquire: []}}\n",
          "t.yaml:1:26: expected a value or a list of them, found an empty "
          "list" },
        { "functions: {f: {acquire: 'a|'}}\n",
          "t.yaml:1:26: expected a capability expression, found 'a|'" },
        { "functions: {f: {acquire: '| a'}}\n",
          "t.yaml:1:26: expected a capability expression, found '| a'" },
        { "functions: {f: {acquire: 'x(a]'}}\n",
          "t.yaml:1:26: expected a capability expression, found 'x(a]'" },
        { "functions: {f: {acquire: ' a'}}\n",
          "t.yaml:1:26: expected a capability expression, found ' a'" },
        { "functions: {f: {acquire: \"a\\nb\"}}\n",
          "t.yaml:1:26: expected a capability expression, found 'a\\x0ab'" },
        { "functions: {f: {acquire: $1}}\n",
          "t.yaml:1:26: expected no $1 where nothing is captured, found "
          "'$1'" },
        { "annotations: {a: {acquire: $1}}\n",
          "t.yaml:1:28: expected no $1 where nothing is captured, found "
          "'$1'" },
        { "functions: {f: {try_acquire: arg0}}\n",
          "t.yaml:1:30: expected a mapping with lock, when, found 'arg0'" },
        { "functions: {f: {try_acquire: {lock: arg0}}}\n",
          "t.yaml:1:30: expected the key 'when', found none" },
        { "functions: {f: {try_acquire: {lock: arg0, when: ok}}}\n",
          "t.yaml:1:49: expected one of zero, nonzero; found 'ok'" },
        { "functions: {f: {try_acquire: {lock: a, whan: ok}}}\n",
          "t.yaml:1:40: expected one of lock, when; found 'whan' (did you "
          "mean 'when'?)" },
        { "functions: {f: {coroutine: false}}\n",
          "t.yaml:1:28: expected true, found 'false'" },
        { "functions: {f: {coroutine: {a: b}}}\n",
          "t.yaml:1:28: expected true, found a mapping" },
        { "functions: {f: {free: 0}}\n",
          "t.yaml:1:23: expected an argument (arg0, arg1, ..., ret), found "
          "'0'" },
        { "functions: {f: {free: arg100}}\n",
          "t.yaml:1:23: expected an argument (arg0, arg1, ..., ret), found "
          "'arg100'" },
        { "functions: {f: {free: arg}}\n",
          "t.yaml:1:23: expected an argument (arg0, arg1, ..., ret), found "
          "'arg'" },
        { "functions: {f: {co_wrapper: 'a b'}}\n",
          "t.yaml:1:29: expected true or a function's name, found 'a b'" },
        { "functions: {f: {pair_open: x}}\n",
          "t.yaml:1:28: expected NAME, ARG, found 'x'" },
        { "functions: {f: {pair_open: [[x]]}}\n",
          "t.yaml:1:29: expected NAME, ARG or a mapping with name, arg, "
          "when, found a list" },
        { "functions: {f: {callback: x}}\n",
          "t.yaml:1:27: expected an argument (arg0, arg1, ..., ret), found "
          "'x'" },
        { "functions: {f: {callback: {data: arg1}}}\n",
          "t.yaml:1:27: expected the key 'function', found none" },
        { "functions: {f: {callback: {function: arg0, run: bottom}}}\n",
          "t.yaml:1:49: expected one of call, thread, bh, timer, fd, "
          "coroutine, rcu, pool, signal, atexit; found 'bottom'" },
        { "functions: {f: {callback: {function: arg0, role: io}}}\n",
          "t.yaml:1:50: expected a declared role, found 'io'" },
        { "functions: {f: {callback: {function: arg0, role: lck}}}\n"
          "capabilities: {lck: {kind: lock}}\n"
          "roles: {lik: {entries: x}}\n",
          "t.yaml:1:50: expected a declared role (lik), found 'lck' (did you "
          "mean 'lik'?)" },
        { "functions: {f: {callback: {function: arg0, holds: [x]}}}\n",
          "t.yaml:1:52: expected a declared capability, found 'x'" },
        { "fields: {A.b: {rank: a b}}\n",
          "t.yaml:1:22: expected an integer or the name of one, found "
          "'a b'" },
        { "functions: {f: {string_copy: {to: arg0}}}\n",
          "t.yaml:1:30: expected the key 'instead', found none" },
        { "functions: {f: {string_copy: ''}}\n",
          "t.yaml:1:30: expected text, found ''" },
        { "functions: {f: {acquire: '"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa('}}"
          "\n",
          "t.yaml:1:26: expected a capability expression, found '"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'" },
    };

    EXPECT(HF_RULES_ERROR_SCHEMA, cases);
}

/* ---- limits ------------------------------------------------------------ */

static void expect_limit(GString *yaml, const char *message)
{
    const Case c = { yaml->str, message };

    expect(&c, HF_RULES_ERROR_SYNTAX);
    g_string_free(yaml, TRUE);
}

static GString *repeat(const char *before, const char *unit, guint n)
{
    GString *out = g_string_new(before);

    while (n--)
        g_string_append(out, unit);
    return out;
}

static void test_limits(void **state)
{
    GString *deep = g_string_new(NULL);

    expect_limit(repeat("", "# comment\n", (4u << 20) / 10 + 1),
                 "t.yaml:1:1: expected at most 4194304 bytes, found 4194310");
    expect_limit(repeat("#", "x", 65536),
                 "t.yaml:1:65537: expected lines of at most 65536 bytes, "
                 "found a longer one");
    expect_limit(repeat("a: ", "[", 64),
                 "t.yaml:1:67: expected at most 64 levels, found more");
    expect_limit(repeat("a: ", "[", 60000),
                 "t.yaml:1:67: expected at most 64 levels, found more");
    for (int i = 0; i < 65; i++)
        g_string_append_printf(deep, "%*sa:\n", i, "");
    g_string_append_printf(deep, "%*sa: 1\n", 65, "");
    expect_limit(deep, "t.yaml:64:64: expected at most 64 levels, found more");
    /* What is within the limits is judged by what it says. */
    deep = repeat("a: ", "[", 63);
    for (int i = 0; i < 63; i++)
        g_string_append_c(deep, ']');
    assert_null(hf_rules_load_string(deep->str, deep->len, "t", NULL, NULL));
    g_string_free(deep, TRUE);
}

/* Many names in one key times many effects in its value. */
static void test_multiplied(void **state)
{
    GString *yaml = g_string_new("functions:\n  ? f0");
    Case c;

    for (int i = 1; i < 2000; i++)
        g_string_append_printf(yaml, ",\n    f%d", i);
    g_string_append(yaml, "\n  : {requires: [a");
    for (int i = 1; i < 2000; i++)
        g_string_append(yaml, ",\n    a");
    g_string_append(yaml, "]}\n");
    c = (Case){ yaml->str, "t.yaml:2002:17: expected at most 500000 effects in "
                "all, found more" };
    expect(&c, HF_RULES_ERROR_SCHEMA);
    g_string_free(yaml, TRUE);
}

/* Each line ten times the one before: refused at the first alias, so nothing
 * is ever expanded. */
static void test_alias_bomb(void **state)
{
    GString *yaml = g_string_new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");

    for (int i = 1; i < 20; i++)
        g_string_append_printf(yaml, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n",
                               i, i, i - 1, i - 1, i - 1, i - 1);
    expect_limit(yaml, "t.yaml:1:6: expected plain YAML, found an anchor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_yaml),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_effects),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_multiplied),
        cmocka_unit_test(test_alias_bomb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
