/* SPDX-License-Identifier: MIT */
/* The profiles that come with the tool, and the annotation header whose
 * strings one of them explains. */
#include "rules/keys.h"
#include "rules/rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const char *const dirs[] = { PROJECT_DIR "/rules", NULL };

static HfRules *load(const char *profile)
{
    GError *error = NULL;
    HfRules *rules = hf_rules_load(profile, dirs, &error);

    if (!rules)
        fail_msg("%s: %s", profile, error->message);
    return rules;
}

typedef void (*EachFn)(const char *path);

/* Every file or directory in dir, sorted. */
static guint each_entry(const char *dir, EachFn fn)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    GSList *names = NULL;
    const char *name;
    guint n = 0;

    assert_non_null(d);
    while ((name = g_dir_read_name(d)))
        names = g_slist_insert_sorted(names,
                                      g_build_filename(dir, name, NULL),
                                      (GCompareFunc)strcmp);
    g_dir_close(d);
    for (GSList *l = names; l; l = l->next, n++)
        fn(l->data);
    g_slist_free_full(names, g_free);
    return n;
}

static guint n_profiles;

static void load_profile(const char *path)
{
    char *name = g_path_get_basename(path);
    GDir *dir = g_dir_open(path, 0, NULL);
    gboolean yaml = FALSE;
    const char *file;

    while (dir && (file = g_dir_read_name(dir)))
        yaml = yaml || g_str_has_suffix(file, ".yaml");
    if (dir)
        g_dir_close(dir);
    if (yaml) {
        HfRules *rules = load(name);

        assert_string_equal(rules->profile, name);
        if (strcmp(name, "tsa") != 0)
            assert_non_null(hf_rules_function(rules, "hf_mark_io_code"));
        hf_rules_free(rules);
        n_profiles++;
    }
    g_free(name);
}

/* All load, and all but the one they build on know the header's words. */
static void test_all_load(void **state)
{
    n_profiles = 0;
    each_entry(dirs[0], load_profile);
    assert_true(n_profiles >= 10);
}

/* ---- the header -------------------------------------------------------- */

static void expect_meaning(const HfRules *rules, const char *verb)
{
    static const char *const forms[] = {
        "hf:%s", "hf:%s:&s->lock", "hf:%s:1:&s->lock", "hf:%s:30",
        "hf:%s:element, ret",
    };

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        char *text = g_strdup_printf(forms[i], verb);
        GPtrArray *effects = hf_rules_annotation(rules, text);
        gboolean known = effects->len > 0;

        g_ptr_array_unref(effects);
        g_free(text);
        if (known)
            return;
    }
    fail_msg("the header writes hf:%s, which no rule explains", verb);
}

static guint expect_matches(const char *text, const char *regex,
                            void (*fn)(const HfRules *, const char *))
{
    HfRules *rules = load("holdfast-annotations");
    GRegex *r = g_regex_new(regex, 0, 0, NULL);
    GMatchInfo *m;
    guint n = 0;

    g_regex_match(r, text, 0, &m);
    for (; g_match_info_matches(m); g_match_info_next(m, NULL), n++) {
        char *word = g_match_info_fetch(m, 1);

        fn(rules, word);
        g_free(word);
    }
    g_match_info_free(m);
    g_regex_unref(r);
    hf_rules_free(rules);
    return n;
}

static void expect_mark(const HfRules *rules, const char *name)
{
    const HfFunctionRule *f = hf_rules_function(rules, name);

    if (!f || f->effects->len == 0)
        fail_msg("the header calls %s, which no rule explains", name);
}

/* What the header emits, the profile explains: neither changes alone. */
static void test_header(void **state)
{
    GError *error = NULL;
    char *text;

    if (!g_file_get_contents(PROJECT_DIR
                             "/annotations/include/holdfast/annotations.h",
                             &text, NULL, &error))
        fail_msg("%s", error->message);
    assert_true(expect_matches(text, "HF_READ_\\(\"([a-z_]+)",
                               expect_meaning) > 25);
    assert_true(expect_matches(text, "HF_OBJECT_\\(Hf[A-Za-z]+, \"([a-z_]+)",
                               expect_meaning) == 2);
    assert_true(expect_matches(text, "\nvoid (hf_mark_[a-z_]+)\\(",
                               expect_mark) >= 6);
    g_free(text);
}

/* ---- facts ------------------------------------------------------------- */

typedef struct {
    const char *profile;
    const char *function;
    HfEffectKind kind;
    const char *cap;
    int arg;
    HfWhen when;
} Fact;

static const HfEffect *effect_of(const HfFunctionRule *f, HfEffectKind kind)
{
    for (guint i = 0; f && i < f->effects->len; i++) {
        const HfEffect *e = g_ptr_array_index(f->effects, i);

        if (e->kind == kind)
            return e;
    }
    return NULL;
}

static void test_facts(void **state)
{
    static const Fact facts[] = {
        { "pthread", "pthread_mutex_lock", HF_EFF_ACQUIRE, "arg0", -1, 0 },
        { "pthread", "pthread_mutex_trylock", HF_EFF_TRY_ACQUIRE, "arg0", -1,
          HF_WHEN_ZERO },
        { "pthread", "pthread_cond_wait", HF_EFF_DROP_AND_RETAKE, "arg1", -1,
          0 },
        { "pthread", "pthread_create", HF_EFF_CALLBACK, NULL, 2, 0 },
        { "pthread", "abort", HF_EFF_NORETURN, NULL, -1, 0 },
        { "c11", "mtx_trylock", HF_EFF_TRY_ACQUIRE, "arg0", -1,
          HF_WHEN_ZERO },
        { "c11", "thrd_create", HF_EFF_CALLBACK, NULL, 1, 0 },
        { "glib", "g_mutex_trylock", HF_EFF_TRY_ACQUIRE, "arg0", -1,
          HF_WHEN_NONZERO },
        { "glib", "g_mutex_locker_new", HF_EFF_RETURNS_ARG, NULL, 0, 0 },
        { "glib", "g_thread_new", HF_EFF_CALLBACK, NULL, 1, 0 },
        { "glib", "g_rw_lock_reader_lock", HF_EFF_ACQUIRE_SHARED, "arg0", -1,
          0 },
        { "urcu", "urcu_memb_read_lock", HF_EFF_ACQUIRE, "rcu", -1, 0 },
        { "qemu", "qemu_mutex_lock_impl", HF_EFF_ACQUIRE, "arg0", -1, 0 },
        { "qemu", "qemu_spin_trylock", HF_EFF_TRY_ACQUIRE, "arg0", -1,
          HF_WHEN_ZERO },
        { "qemu", "qemu_mutex_lock_iothread_impl", HF_EFF_ACQUIRE, "bql", -1,
          0 },
        { "qemu", "bql_lock_impl", HF_EFF_ACQUIRE, "bql", -1, 0 },
        { "qemu", "bql_locked", HF_EFF_TEST_HELD, "bql", -1,
          HF_WHEN_NONZERO },
        { "qemu", "qemu_cond_wait_impl", HF_EFF_DROP_AND_RETAKE, "arg1", -1,
          0 },
        { "qemu", "aio_context_acquire", HF_EFF_ACQUIRE, "arg0->lock", -1, 0 },
        { "qemu", "qemu_thread_create", HF_EFF_CALLBACK, NULL, 2, 0 },
        { "qemu", "timer_init_full", HF_EFF_CALLBACK, NULL, 5, 0 },
        { "qemu", "qemu_coroutine_create", HF_EFF_CALLBACK, NULL, 0, 0 },
        { "qemu", "address_space_to_flatview", HF_EFF_EXCLUDES, "transaction",
          -1, 0 },
        { "qemu", "address_space_to_flatview", HF_EFF_REQUIRES, "rcu|bql", -1,
          0 },
        { "qemu", "virtqueue_pop", HF_EFF_PAIR_OPEN, "virtqueue_element", -1,
          0 },
        { "qemu", "virtqueue_push", HF_EFF_PAIR_CLOSE, "virtqueue_element", 1,
          0 },
        { "qemu", "strcpy", HF_EFF_STRING_COPY, NULL, 0, 0 },
        { "reference-vmm", "urcu_mb_read_unlock", HF_EFF_RELEASE, "rcu", -1,
          0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(facts); i++) {
        const Fact *f = &facts[i];
        HfRules *rules = load(f->profile);
        const HfEffect *e = effect_of(hf_rules_function(rules, f->function),
                                      f->kind);

        if (!e)
            fail_msg("%s: %s has no %s", f->profile, f->function,
                     hf_effect_by_kind(f->kind)->name);
        if (g_strcmp0(e->cap, f->cap) != 0 || e->arg != f->arg ||
            e->when != f->when)
            fail_msg("%s: %s: got cap %s, arg %d, when %d", f->profile,
                     f->function, e->cap, e->arg, e->when);
        hf_rules_free(rules);
    }
}

static void test_qemu(void **state)
{
    static const gboolean matrix[3][3] = {
        { TRUE, TRUE, TRUE }, { FALSE, TRUE, FALSE }, { FALSE, TRUE, TRUE },
    };
    HfRules *rules = load("qemu");
    const HfSlotRule *slot;

    assert_memory_equal(rules->contexts.allowed, matrix, sizeof(matrix));
    assert_string_equal(rules->contexts.gs_requires, "main_loop|bql");
    slot = hf_rules_slot(rules, "BlockDriver", "bdrv_co_truncate");
    assert_non_null(slot);
    slot = hf_rules_slot(rules, "AioHandler", "io_poll_ready");
    assert_true(slot->entry_set && slot->entry == HF_ENTRY_UNKNOWN);
    /* Chains through these must not be cut: a token held by the loader is
     * what TRANSACTION looks for. */
    slot = hf_rules_slot(rules, "VMStateDescription", "post_load");
    assert_false(slot->entry_set);
    for (guint i = 0; i < rules->exempt_phases->len; i++)
        assert_null(strstr(rules->exempt_phases->pdata[i], "cleanup"));
    hf_rules_free(rules);
}

/* Guards are found by the solver, from the code: the profiles of programs
 * must not give them away, nor name the fields they would be found for. */
static void test_no_guards_given(void **state)
{
    static const char *const programs[] = { "qemu", "reference-vmm" };
    static const char *const words[] = {
        "to_dst_file", "from_dst_file", "postcopy_qemufile_dst",
        "qemu_file_lock", "postcopy_prio_thread_mutex", "MigrationState.",
        "MigrationIncomingState.",
    };

    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        HfRules *rules = load(programs[i]);
        GString *text = g_string_new(NULL);

        assert_int_equal(rules->fields->len, 0);
        hf_rules_dump(rules, text);
        for (guint k = 0; k < G_N_ELEMENTS(words); k++)
            if (strstr(text->str, words[k]))
                fail_msg("%s names %s", programs[i], words[k]);
        g_string_free(text, TRUE);
        hf_rules_free(rules);
    }
}

/* ---- files that are wrong ---------------------------------------------- */

/* Their first line says what is said of them. */
static void expect_wrong(const char *path)
{
    GError *error = NULL;
    HfRules *rules = hf_rules_load(path, dirs, &error);
    char *text, *expected, *end;

    if (rules)
        fail_msg("%s: loads", path);
    assert_int_equal(error->code, HF_RULES_ERROR_SCHEMA);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_true(g_str_has_prefix(text, "# expect: "));
    end = strchr(text, '\n');
    *end = '\0';
    expected = g_strdup_printf("%s:%s", path, text + strlen("# expect: "));
    assert_string_equal(error->message, expected);
    g_free(expected);
    g_free(text);
    g_error_free(error);
}

static void test_wrong_files(void **state)
{
    assert_true(each_entry(TEST_DIR "/wrong", expect_wrong) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_load),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_qemu),
        cmocka_unit_test(test_no_guards_given),
        cmocka_unit_test(test_wrong_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
