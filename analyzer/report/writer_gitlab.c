/* SPDX-License-Identifier: MIT */
/*
 * writer_gitlab.c - GitLab's code quality report.
 *
 * GitLab drops entries whose fingerprints are equal, so the occurrence is
 * part of it.
 */
#include "report/json_out.h"
#include "report/writer.h"

static const char *severity(const HfFinding *f)
{
    if (f->tier == HF_TIER_LOW) {
        return "info";
    }
    if (f->tier == HF_TIER_MEDIUM) {
        return f->impact == HF_IMPACT_LOW ? "minor" : "major";
    }
    return f->impact == HF_IMPACT_LOW ? "major" : "critical";
}

static void write_entry(const HfReport *r, const HfFinding *f, JsonBuilder *b)
{
    const HfPlace *p = hf_report_place(f);
    char *fingerprint =
        g_strdup_printf("%s-%d", f->merge_key ? f->merge_key : "",
                        f->occurrence);

    json_builder_begin_object(b);
    hf_json_member(b, "description", f->message);
    hf_json_member(b, "check_name", f->checker);
    hf_json_member(b, "fingerprint", fingerprint);
    hf_json_member(b, "severity", severity(f));
    hf_json_begin_object(b, "location");
    hf_json_member(b, "path", hf_report_path(r, p->file));
    hf_json_begin_object(b, "lines");
    hf_json_member_int(b, "begin", MAX(1, p->line));
    json_builder_end_object(b);
    json_builder_end_object(b);
    json_builder_end_object(b);
    g_free(fingerprint);
}

static void write_gitlab(const HfReport *r, GString *out)
{
    const GPtrArray *list = r->findings->list;
    JsonBuilder *b = json_builder_new();

    json_builder_begin_array(b);
    for (guint i = 0; i < list->len; i++) {
        if (hf_report_shows(r, list->pdata[i])) {
            write_entry(r, list->pdata[i], b);
        }
    }
    json_builder_end_array(b);
    hf_json_finish(b, TRUE, out);
}

const HfWriter hf_writer_gitlab = {
    .name = "gitlab",
    .summary = "GitLab code quality report (JSON)",
    .write = write_gitlab,
};
