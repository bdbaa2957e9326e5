/* SPDX-License-Identifier: MIT */
/*
 * finding.c - findings, their identity and their order.
 *
 * The merge key names a finding across scans, so it is made of what does not
 * move when code moves.  Everything else only decides the order, and it is
 * compared in full: the same set of findings prints the same way whatever
 * order the checkers found them in.
 */
#include "report/finding.h"

#include <stdarg.h>
#include <string.h>

static void trace_event_clear(void *p)
{
    HfTraceEvent *e = p;

    g_free(e->tag);
    g_free(e->message);
    g_free(e->place.file);
}

HfFinding *hf_finding_new(const char *checker, const char *subcategory)
{
    HfFinding *f = g_new0(HfFinding, 1);

    f->checker = g_strdup(checker ? checker : "");
    f->subcategory = g_strdup(subcategory ? subcategory : "");
    f->reasons = g_ptr_array_new_with_free_func(g_free);
    f->events = g_array_new(FALSE, TRUE, sizeof(HfTraceEvent));
    g_array_set_clear_func(f->events, trace_event_clear);
    return f;
}

void hf_finding_free(HfFinding *f)
{
    if (!f) {
        return;
    }
    g_free(f->checker);
    g_free(f->subcategory);
    g_ptr_array_unref(f->reasons);
    g_free(f->message);
    g_free(f->function);
    g_array_unref(f->events);
    g_free(f->key_function);
    g_free(f->key_subject);
    g_free(f->key_lock);
    g_free(f->key_shape);
    g_free(f->classification);
    g_free(f->reason_code);
    g_free(f->reason_text);
    g_free(f->what_if);
    g_free(f->patch);
    g_free(f->group);
    g_free(f->race_text);
    if (f->access_keys) {
        g_ptr_array_unref(f->access_keys);
    }
    g_free(f->rule);
    g_free(f->merge_key);
    g_free(f->suppression);
    g_free(f);
}

void hf_finding_reason(HfFinding *f, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_ptr_array_add(f->reasons, g_strdup_vprintf(fmt, ap));
    va_end(ap);
}

void hf_finding_suggest(HfFinding *f, const char *classification,
                        const char *code, const char *text)
{
    /* what is given may be what the finding has */
    char *old[] = { f->classification, f->reason_code, f->reason_text };

    f->classification = g_strdup(classification);
    f->reason_code = g_strdup(code);
    f->reason_text = g_strdup(text);
    for (guint i = 0; i < G_N_ELEMENTS(old); i++) {
        g_free(old[i]);
    }
}

void hf_finding_access_key(HfFinding *f, const char *key)
{
    if (!f->access_keys) {
        f->access_keys = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(f->access_keys, g_strdup(key));
}

static HfTraceEvent *add_event(HfFinding *f, const HfPlace *place,
                               const char *tag, int depth, char *message)
{
    HfTraceEvent e = {0};

    if (place) {
        e.place = *place;
        e.place.file = g_strdup(place->file);
    }
    e.tag = g_strdup(tag ? tag : "note");
    e.depth = depth;
    e.message = message;
    g_array_append_val(f->events, e);
    return &g_array_index(f->events, HfTraceEvent, f->events->len - 1);
}

void hf_finding_event(HfFinding *f, const HfPlace *place, const char *tag,
                      int depth, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add_event(f, place, tag, depth, g_strdup_vprintf(fmt, ap));
    va_end(ap);
}

void hf_finding_main(HfFinding *f, const HfPlace *place, const char *tag,
                     int depth, const char *fmt, ...)
{
    va_list ap;
    HfTraceEvent *e;

    for (guint i = 0; i < f->events->len; i++) {
        g_array_index(f->events, HfTraceEvent, i).main = FALSE;
    }
    va_start(ap, fmt);
    e = add_event(f, place, tag, depth, g_strdup_vprintf(fmt, ap));
    va_end(ap);
    e->main = TRUE;
    g_free(f->message);
    f->message = g_strdup(e->message);
}

const HfTraceEvent *hf_finding_main_event(const HfFinding *f)
{
    for (guint i = 0; i < f->events->len; i++) {
        const HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);

        if (e->main) {
            return e;
        }
    }
    return NULL;
}

/* ---- identity ------------------------------------------------------------ */

/* The length goes first, so that no two lists of fields hash the same text. */
static void hash_field(GChecksum *sum, const char *s)
{
    guint64 length = s ? strlen(s) : 0;
    guint64 wire = GUINT64_TO_BE(length);

    g_checksum_update(sum, (const guchar *)&wire, sizeof(wire));
    g_checksum_update(sum, (const guchar *)(s ? s : ""), length);
}

char *hf_finding_make_key(const HfFinding *f)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    char *key;

    hash_field(sum, f->checker);
    hash_field(sum, f->key_function);
    hash_field(sum, f->key_subject);
    hash_field(sum, f->key_lock);
    hash_field(sum, f->key_shape);
    key = g_strdup(g_checksum_get_string(sum));
    g_checksum_free(sum);
    return key;
}

/* ---- order --------------------------------------------------------------- */

static int compare_int(int a, int b)
{
    return (a > b) - (a < b);
}

static int compare_place(const HfPlace *a, const HfPlace *b)
{
    int c = g_strcmp0(a->file, b->file);

    c = c ? c : compare_int(a->line, b->line);
    c = c ? c : compare_int(a->col, b->col);
    c = c ? c : compare_int(a->end_line, b->end_line);
    return c ? c : compare_int(a->end_col, b->end_col);
}

static int compare_main_place(const HfFinding *a, const HfFinding *b)
{
    static const HfPlace nowhere;
    const HfTraceEvent *ea = hf_finding_main_event(a);
    const HfTraceEvent *eb = hf_finding_main_event(b);

    return compare_place(ea ? &ea->place : &nowhere,
                         eb ? &eb->place : &nowhere);
}

static int compare_events(const GArray *a, const GArray *b)
{
    int c = compare_int((int)a->len, (int)b->len);

    for (guint i = 0; !c && i < a->len; i++) {
        const HfTraceEvent *x = &g_array_index(a, HfTraceEvent, i);
        const HfTraceEvent *y = &g_array_index(b, HfTraceEvent, i);

        c = compare_place(&x->place, &y->place);
        c = c ? c : g_strcmp0(x->tag, y->tag);
        c = c ? c : g_strcmp0(x->message, y->message);
        c = c ? c : compare_int(x->depth, y->depth);
        c = c ? c : compare_int(x->main, y->main);
    }
    return c;
}

static int compare_reasons(const GPtrArray *a, const GPtrArray *b)
{
    int c = compare_int((int)a->len, (int)b->len);

    for (guint i = 0; !c && i < a->len; i++) {
        c = g_strcmp0(a->pdata[i], b->pdata[i]);
    }
    return c;
}

/* By key, then place, then everything else: 0 means exact duplicates. */
static int compare_identity(const void *pa, const void *pb)
{
    const HfFinding *a = *(HfFinding *const *)pa;
    const HfFinding *b = *(HfFinding *const *)pb;
    int c = g_strcmp0(a->merge_key, b->merge_key);

    c = c ? c : compare_main_place(a, b);
    c = c ? c : g_strcmp0(a->checker, b->checker);
    c = c ? c : g_strcmp0(a->subcategory, b->subcategory);
    c = c ? c : g_strcmp0(a->message, b->message);
    c = c ? c : g_strcmp0(a->function, b->function);
    c = c ? c : compare_events(a->events, b->events);
    c = c ? c : compare_int(a->tier, b->tier);
    c = c ? c : compare_int(a->impact, b->impact);
    c = c ? c : compare_int(a->cwe, b->cwe);
    c = c ? c : compare_reasons(a->reasons, b->reasons);
    c = c ? c : g_strcmp0(a->classification, b->classification);
    c = c ? c : g_strcmp0(a->reason_code, b->reason_code);
    c = c ? c : g_strcmp0(a->reason_text, b->reason_text);
    c = c ? c : g_strcmp0(a->rule, b->rule);
    c = c ? c : compare_int(a->suppressed, b->suppressed);
    return c ? c : g_strcmp0(a->suppression, b->suppression);
}

/* The order of printing.  Key and occurrence make it total. */
static int compare_report(const void *pa, const void *pb)
{
    const HfFinding *a = *(HfFinding *const *)pa;
    const HfFinding *b = *(HfFinding *const *)pb;
    int c = compare_int(a->tier, b->tier);

    c = c ? c : compare_main_place(a, b);
    c = c ? c : g_strcmp0(a->checker, b->checker);
    c = c ? c : g_strcmp0(a->merge_key, b->merge_key);
    return c ? c : compare_int(a->occurrence, b->occurrence);
}

/* ---- the list ------------------------------------------------------------ */

static void free_finding(void *f)
{
    hf_finding_free(f);
}

HfFindings *hf_findings_new(void)
{
    HfFindings *fs = g_new0(HfFindings, 1);

    fs->list = g_ptr_array_new_with_free_func(free_finding);
    return fs;
}

void hf_findings_free(HfFindings *fs)
{
    if (fs) {
        g_ptr_array_unref(fs->list);
        g_free(fs);
    }
}

void hf_findings_add(HfFindings *fs, HfFinding *f)
{
    g_ptr_array_add(fs->list, f);
}

void hf_findings_filter(HfFindings *fs,
                        gboolean (*keep)(const HfFinding *f, void *data),
                        void *data)
{
    guint n = 0;

    for (guint i = 0; i < fs->list->len; i++) {
        HfFinding *f = fs->list->pdata[i];

        fs->list->pdata[i] = NULL;
        if (keep(f, data)) {
            fs->list->pdata[n++] = f;
        } else {
            hf_finding_free(f);
        }
    }
    g_ptr_array_set_size(fs->list, (int)n); /* frees NULLs only */
}

static gboolean differs_from_last(const HfFinding *f, void *data)
{
    const HfFinding **last = data;

    if (*last && compare_identity(last, &f) == 0) {
        return FALSE;
    }
    *last = f;
    return TRUE;
}

void hf_findings_finish(HfFindings *fs)
{
    const HfFinding *last = NULL;

    for (guint i = 0; i < fs->list->len; i++) {
        HfFinding *f = fs->list->pdata[i];

        g_free(f->merge_key);
        f->merge_key = hf_finding_make_key(f);
    }
    g_ptr_array_sort(fs->list, compare_identity);
    hf_findings_filter(fs, differs_from_last, &last);
    for (guint i = 0; i < fs->list->len; i++) {
        HfFinding *f = fs->list->pdata[i];
        HfFinding *before = i ? fs->list->pdata[i - 1] : NULL;

        f->occurrence =
            before && strcmp(before->merge_key, f->merge_key) == 0
                ? before->occurrence + 1
                : 1;
    }
    g_ptr_array_sort(fs->list, compare_report);
}
