/* SPDX-License-Identifier: MIT */
/*
 * writer_coverity_json.c - Coverity's JSON, format version 7.
 *
 * Its merge key has 32 hex digits: ours, cut.  What Coverity has no place
 * for goes into an object "holdfast" of each issue.
 */
#include "report/checker_page.h"
#include "report/json_out.h"
#include "report/writer.h"

#include <string.h>

enum {
    KEY_DIGITS = 32,
};

static void write_event(const HfReport *r, const HfTraceEvent *e, int number,
                        JsonBuilder *b)
{
    char *position = g_strdup_printf("%d", number);

    json_builder_begin_object(b);
    hf_json_member(b, "eventDescription", e->message);
    hf_json_member_int(b, "eventNumber", number);
    hf_json_member(b, "eventTreePosition", position);
    hf_json_member_int(b, "eventSet", 0);
    hf_json_member(b, "eventTag", e->tag);
    hf_json_member(b, "filePathname", e->place.file);
    hf_json_member(b, "strippedFilePathname",
                   hf_report_path(r, e->place.file));
    hf_json_member_int(b, "lineNumber", MAX(0, e->place.line));
    hf_json_member_int(b, "columnNumber", MAX(0, e->place.col));
    json_builder_set_member_name(b, "moreInformationId");
    json_builder_add_null_value(b);
    hf_json_member_bool(b, "remediation", strcmp(e->tag, "remediation") == 0);
    hf_json_member_bool(b, "main", e->main);
    json_builder_set_member_name(b, "events");
    json_builder_add_null_value(b);
    json_builder_end_object(b);
    g_free(position);
}

static void write_events(const HfReport *r, const HfFinding *f,
                         JsonBuilder *b)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);

    hf_json_begin_array(b, "events");
    for (guint i = 0; i < n; i++) {
        write_event(r, &e[i], (int)i + 1, b);
    }
    json_builder_end_array(b);
}

static void write_properties(const HfFinding *f, const HfCheckerPage *page,
                             JsonBuilder *b)
{
    char *cwe = f->cwe > 0 ? g_strdup_printf("%d", f->cwe) : g_strdup("none");
    char *kind = hf_checker_words(f->subcategory);

    hf_json_begin_object(b, "checkerProperties");
    hf_json_member(b, "category", page->category);
    hf_json_member(b, "categoryDescription", page->category);
    hf_json_member(b, "cweCategory", cwe);
    hf_json_begin_array(b, "issueKinds");
    hf_json_string(b, "QUALITY");
    json_builder_end_array(b);
    hf_json_begin_array(b, "eventSetCaptions");
    json_builder_end_array(b);
    hf_json_member(b, "impact", hf_impact_name(f->impact));
    hf_json_member(b, "impactDescription", hf_impact_name(f->impact));
    hf_json_member(b, "subcategoryLocalEffect", page->summary);
    hf_json_member(b, "subcategoryShortDescription",
                   kind[0] ? kind : page->title);
    hf_json_member(b, "subcategoryLongDescription", page->title);
    json_builder_end_object(b);
    g_free(kind);
    g_free(cwe);
}

static void write_optional(JsonBuilder *b, const char *name,
                           const char *value)
{
    if (value) {
        hf_json_member(b, name, value);
    }
}

static void write_extra(const HfReport *r, const HfFinding *f, JsonBuilder *b)
{
    hf_json_begin_object(b, "holdfast");
    hf_json_member(b, "key", f->merge_key);
    hf_json_member(b, "tier", hf_tier_name(f->tier));
    hf_json_begin_array(b, "reasons");
    for (guint i = 0; i < f->reasons->len; i++) {
        hf_json_string(b, f->reasons->pdata[i]);
    }
    json_builder_end_array(b);
    write_optional(b, "classification", f->classification);
    write_optional(b, "reasonCode", f->reason_code);
    write_optional(b, "reasonText", f->reason_text);
    write_optional(b, "whatIf", f->what_if);
    write_optional(b, "patch", f->patch);
    hf_json_access_keys(b, f);
    write_optional(b, "rule", f->rule ? hf_report_path(r, f->rule) : NULL);
    json_builder_end_object(b);
}

static void write_issue(const HfReport *r, const HfFinding *f,
                        const HfCheckerPage *page, int total, JsonBuilder *b)
{
    const HfPlace *p = hf_report_place(f);
    char *key = g_strndup(f->merge_key ? f->merge_key : "", KEY_DIGITS);
    char *type = g_ascii_strdown(f->checker, -1);

    json_builder_begin_object(b);
    hf_json_member(b, "mergeKey", key);
    hf_json_member_int(b, "occurrenceCountForMK", total);
    hf_json_member_int(b, "occurrenceNumberInMK", f->occurrence);
    hf_json_member(b, "checkerName", f->checker);
    hf_json_member(b, "type", type);
    hf_json_member(b, "subcategory",
                   f->subcategory[0] ? f->subcategory : "none");
    hf_json_member(b, "code-language", "c");
    hf_json_member(b, "language", "C");
    hf_json_member(b, "domain", "STATIC_C");
    hf_json_member(b, "extra", f->key_subject);
    hf_json_member(b, "mainEventFilePathname", p->file);
    hf_json_member(b, "strippedMainEventFilePathname",
                   hf_report_path(r, p->file));
    hf_json_member_int(b, "mainEventLineNumber", MAX(0, p->line));
    hf_json_member_int(b, "mainEventColumnNumber", MAX(0, p->col));
    hf_json_member(b, "functionDisplayName", f->function);
    hf_json_member(b, "functionMangledName", f->function);
    hf_json_member_bool(b, "ordered", TRUE);
    write_events(r, f, b);
    write_properties(f, page, b);
    write_extra(r, f, b);
    json_builder_end_object(b);
    g_free(type);
    g_free(key);
}

/* Issues by key, for occurrenceCountForMK. */
static GHashTable *count_keys(const HfReport *r, int *suppressed)
{
    const GPtrArray *list = r->findings->list;
    GHashTable *n = g_hash_table_new(g_str_hash, g_str_equal);

    *suppressed = 0;
    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];
        void *key = f->merge_key ? f->merge_key : (char *)"";
        int before = GPOINTER_TO_INT(g_hash_table_lookup(n, key));

        g_hash_table_insert(n, key, GINT_TO_POINTER(before + 1));
        *suppressed += f->suppressed ? 1 : 0;
    }
    return n;
}

static void write_coverity_json(const HfReport *r, GString *out)
{
    const GPtrArray *list = r->findings->list;
    JsonBuilder *b = json_builder_new();
    HfCheckerPages pages;
    int suppressed;
    GHashTable *totals = count_keys(r, &suppressed);

    hf_checker_pages_init(&pages, r->rules_checks_dir);
    json_builder_begin_object(b);
    hf_json_member(b, "type", "Coverity issues");
    hf_json_member_int(b, "formatVersion", 7);
    hf_json_member_int(b, "suppressedIssueCount", suppressed);
    hf_json_begin_array(b, "issues");
    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];
        const char *key = f->merge_key ? f->merge_key : "";

        if (hf_report_shows(r, f)) {
            write_issue(r, f, hf_checker_pages_get(&pages, f->checker),
                        GPOINTER_TO_INT(g_hash_table_lookup(totals, key)), b);
        }
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "error");
    json_builder_add_null_value(b);
    hf_json_begin_array(b, "warnings");
    for (guint i = 0; r->unit_failures && i < r->unit_failures->len; i++) {
        hf_json_string(b, hf_report_path(r, r->unit_failures->pdata[i]));
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    hf_json_finish(b, TRUE, out);
    hf_checker_pages_clear(&pages);
    g_hash_table_unref(totals);
}

const HfWriter hf_writer_coverity_json = {
    .name = "coverity-json",
    .summary = "Coverity JSON, format version 7",
    .write = write_coverity_json,
};
