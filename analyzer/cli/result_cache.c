/* SPDX-License-Identifier: MIT */
/*
 * The file BUILD/.holdfast/result:
 *
 *     offset  size  what
 *     0       64    key, hex
 *     64      64    SHA-256 of what follows, hex
 *     128     -     a GVariant of RESULT_TYPE, in the machine's byte order
 *
 * Strings are byte strings, for paths need not be UTF-8; NULL and "" are the
 * same there.
 */
#include "cli/result_cache.h"

#include <string.h>

#define EVENT_TYPE "(aayai)"   /* tag, message, file; numbers */
#define FINDING_TYPE "(aayaiaaya" EVENT_TYPE ")"
#define RESULT_TYPE "(aayaayiia" FINDING_TYPE ")"
#define DIGEST 64

#define FINDING_STRINGS 17
#define FINDING_NUMBERS 6
#define EVENT_STRINGS 3
#define EVENT_NUMBERS 6

/* ---- the key ------------------------------------------------------------ */

static void add_string(GChecksum *sum, const char *s)
{
    g_checksum_update(sum, (const guchar *)s, strlen(s) + 1);
}

static gboolean add_units(GChecksum *sum, const HfExtractResult *x)
{
    static const uint8_t no_key[16];

    for (guint i = 0; i < x->units->len; i++) {
        const HfUnitResult *u = g_ptr_array_index(x->units, i);
        uint8_t key[16];

        /* that of a unit lost to a crash says nothing */
        if (!u->shard || !hf_facts_peek_key(u->shard, key) ||
            memcmp(key, no_key, sizeof(key)) == 0) {
            return FALSE;
        }
        add_string(sum, u->file);
        add_string(sum, u->output ? u->output : "");
        g_checksum_update(sum, key, sizeof(key));
    }
    return TRUE;
}

char *hf_result_key(const HfPipeline *p, const char *const *checkers)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    char *key = NULL;
    gboolean ok = TRUE;

    add_string(sum, HOLDFAST_VERSION " " HOLDFAST_FINGERPRINT);
    add_string(sum, p->root);
    add_string(sum, p->rules->profile);
    for (guint i = 0; ok && i < p->rules->files->len; i++) {
        g_autofree char *text = NULL;

        ok = g_file_get_contents(g_ptr_array_index(p->rules->files, i),
                                 &text, NULL, NULL);
        add_string(sum, g_ptr_array_index(p->rules->files, i));
        add_string(sum, ok ? text : "");
    }
    for (guint i = 0; checkers && checkers[i]; i++) {
        add_string(sum, checkers[i]);
    }
    if (ok && add_units(sum, p->extracted)) {
        key = g_strdup(g_checksum_get_string(sum));
    }
    g_checksum_free(sum);
    return key ? key : g_strdup("");
}

static char *file_of(const HfPipeline *p)
{
    return g_build_filename(p->cache_dir, "result", NULL);
}

/* ---- writing ------------------------------------------------------------ */

static GVariant *strings(const char *const *s, guint n)
{
    GVariantBuilder b;

    g_variant_builder_init(&b, G_VARIANT_TYPE("aay"));
    for (guint i = 0; i < n; i++) {
        g_variant_builder_add(&b, "^ay", s[i] ? s[i] : "");
    }
    return g_variant_builder_end(&b);
}

static GVariant *string_list(const GPtrArray *list)
{
    return strings((const char *const *)list->pdata, list->len);
}

static GVariant *numbers(const gint32 *v, guint n)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_INT32, v, n, sizeof(*v));
}

static GVariant *pack_event(const HfTraceEvent *e)
{
    const char *s[EVENT_STRINGS] = { e->tag, e->message, e->place.file };
    gint32 v[EVENT_NUMBERS] = { e->place.line, e->place.col,
                                e->place.end_line, e->place.end_col,
                                e->depth, e->main };

    return g_variant_new("(@aay@ai)", strings(s, EVENT_STRINGS),
                         numbers(v, EVENT_NUMBERS));
}

static GVariant *pack_finding(const HfFinding *f)
{
    const char *s[FINDING_STRINGS] = {
        f->checker, f->subcategory, f->message, f->function, f->key_function,
        f->key_subject, f->key_lock, f->key_shape, f->classification,
        f->reason_code, f->rule, f->merge_key, f->suppression,
        f->reason_text, f->group, f->what_if, f->patch,
    };
    gint32 v[FINDING_NUMBERS] = { f->tier, f->impact, f->cwe, f->occurrence,
                                  f->suppressed, f->rank };
    GVariantBuilder events;

    g_variant_builder_init(&events, G_VARIANT_TYPE("a" EVENT_TYPE));
    for (guint i = 0; i < f->events->len; i++) {
        g_variant_builder_add_value(
            &events, pack_event(&g_array_index(f->events, HfTraceEvent, i)));
    }
    return g_variant_new("(@aay@ai@aay@a" EVENT_TYPE ")",
                         strings(s, FINDING_STRINGS),
                         numbers(v, FINDING_NUMBERS), string_list(f->reasons),
                         g_variant_builder_end(&events));
}

void hf_result_save(const HfPipeline *p, const char *key,
                    const HfCheckResult *r)
{
    g_autofree char *file = file_of(p);
    g_autofree char *digest = NULL;
    g_autoptr(GVariant) all = NULL;
    GVariantBuilder list;
    GString *out;

    if (!*key) {
        return;
    }
    g_variant_builder_init(&list, G_VARIANT_TYPE("a" FINDING_TYPE));
    for (guint i = 0; i < r->findings->list->len; i++) {
        g_variant_builder_add_value(
            &list, pack_finding(g_ptr_array_index(r->findings->list, i)));
    }
    all = g_variant_ref_sink(g_variant_new(
        "(@aay@aayii@a" FINDING_TYPE ")", string_list(r->warnings),
        string_list(r->failed), r->n_units, r->n_functions,
        g_variant_builder_end(&list)));
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                         g_variant_get_data(all),
                                         g_variant_get_size(all));
    out = g_string_new(key);
    g_string_append(out, digest);
    g_string_append_len(out, g_variant_get_data(all),
                        g_variant_get_size(all));
    g_file_set_contents(file, out->str, out->len, NULL);
    g_string_free(out, TRUE);
}

/* ---- reading ------------------------------------------------------------ */

static char *take(GVariant *list, guint i)
{
    g_autoptr(GVariant) v = g_variant_get_child_value(list, i);
    const char *s = g_variant_get_bytestring(v);

    return *s ? g_strdup(s) : NULL;
}

static gint32 number(GVariant *list, guint i)
{
    gint32 v;

    g_variant_get_child(list, i, "i", &v);
    return v;
}

static void unpack_event(HfFinding *f, GVariant *v)
{
    g_autoptr(GVariant) s = g_variant_get_child_value(v, 0);
    g_autoptr(GVariant) n = g_variant_get_child_value(v, 1);
    g_autofree char *tag = NULL, *message = NULL, *file = NULL;
    HfPlace at;

    if (g_variant_n_children(s) != EVENT_STRINGS ||
        g_variant_n_children(n) != EVENT_NUMBERS) {
        return;
    }
    tag = take(s, 0);
    message = take(s, 1);
    file = take(s, 2);
    at = (HfPlace){ file, number(n, 0), number(n, 1), number(n, 2),
                    number(n, 3) };
    if (number(n, 5)) {
        hf_finding_main(f, &at, tag, number(n, 4), "%s", message);
    } else {
        hf_finding_event(f, &at, tag, number(n, 4), "%s",
                         message ? message : "");
    }
}

static HfFinding *unpack_finding(GVariant *v)
{
    g_autoptr(GVariant) s = g_variant_get_child_value(v, 0);
    g_autoptr(GVariant) n = g_variant_get_child_value(v, 1);
    g_autoptr(GVariant) reasons = g_variant_get_child_value(v, 2);
    g_autoptr(GVariant) events = g_variant_get_child_value(v, 3);
    g_autofree char *checker = NULL, *sub = NULL;
    HfFinding *f;

    if (g_variant_n_children(s) != FINDING_STRINGS ||
        g_variant_n_children(n) != FINDING_NUMBERS) {
        return NULL;
    }
    checker = take(s, 0);
    sub = take(s, 1);
    f = hf_finding_new(checker, sub);
    f->function = take(s, 3);
    f->key_function = take(s, 4);
    f->key_subject = take(s, 5);
    f->key_lock = take(s, 6);
    f->key_shape = take(s, 7);
    f->classification = take(s, 8);
    f->reason_code = take(s, 9);
    f->rule = take(s, 10);
    f->merge_key = take(s, 11);
    f->suppression = take(s, 12);
    f->reason_text = take(s, 13);
    f->group = take(s, 14);
    f->what_if = take(s, 15);
    f->patch = take(s, 16);
    f->tier = number(n, 0);
    f->impact = number(n, 1);
    f->cwe = number(n, 2);
    f->occurrence = number(n, 3);
    f->suppressed = number(n, 4);
    f->rank = number(n, 5);
    for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
        g_autofree char *r = take(reasons, i);

        hf_finding_reason(f, "%s", r ? r : "");
    }
    for (gsize i = 0; i < g_variant_n_children(events); i++) {
        g_autoptr(GVariant) e = g_variant_get_child_value(events, i);

        unpack_event(f, e);
    }
    return f;
}

static GPtrArray *unpack_list(GVariant *all, guint i)
{
    g_autoptr(GVariant) list = g_variant_get_child_value(all, i);
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);

    for (gsize k = 0; k < g_variant_n_children(list); k++) {
        char *s = take(list, k);

        g_ptr_array_add(out, s ? s : g_strdup(""));
    }
    return out;
}

static GVariant *read_variant(const HfPipeline *p, const char *key)
{
    g_autofree char *file = file_of(p);
    g_autofree char *text = NULL, *digest = NULL;
    g_autoptr(GBytes) bytes = NULL;
    gsize size;

    if (!*key || !g_file_get_contents(file, &text, &size, NULL) ||
        size < 2 * DIGEST || strncmp(text, key, DIGEST) != 0) {
        return NULL;
    }
    digest = g_compute_checksum_for_data(
        G_CHECKSUM_SHA256, (guchar *)text + 2 * DIGEST, size - 2 * DIGEST);
    if (strncmp(text + DIGEST, digest, DIGEST) != 0) {
        return NULL;
    }
    bytes = g_bytes_new(text + 2 * DIGEST, size - 2 * DIGEST);
    return g_variant_ref_sink(g_variant_new_from_bytes(
        G_VARIANT_TYPE(RESULT_TYPE), bytes, FALSE));
}

gboolean hf_result_load(const HfPipeline *p, const char *key, HfCheckResult *r)
{
    g_autoptr(GVariant) all = read_variant(p, key);
    g_autoptr(GVariant) list = NULL;

    if (!all || !g_variant_is_normal_form(all)) {
        return FALSE;
    }
    memset(r, 0, sizeof(*r));
    r->findings = hf_findings_new();
    r->warnings = unpack_list(all, 0);
    r->failed = unpack_list(all, 1);
    g_variant_get_child(all, 2, "i", &r->n_units);
    g_variant_get_child(all, 3, "i", &r->n_functions);
    list = g_variant_get_child_value(all, 4);
    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) v = g_variant_get_child_value(list, i);
        HfFinding *f = unpack_finding(v);

        if (f) {
            hf_findings_add(r->findings, f);
        }
    }
    return TRUE;
}

void hf_result_clear(HfCheckResult *r)
{
    hf_findings_free(r->findings);
    if (r->warnings) {
        g_ptr_array_unref(r->warnings);
    }
    if (r->failed) {
        g_ptr_array_unref(r->failed);
    }
    memset(r, 0, sizeof(*r));
}
