/* SPDX-License-Identifier: MIT */
/*
 * writer_rdjsonl.c - reviewdog's diagnostic format, one object a line.
 *
 * Its columns count bytes from 1, as ours do, and its ranges end just past
 * the last one.
 */
#include "report/json_out.h"
#include "report/writer.h"

static const char *severity(const HfFinding *f)
{
    switch (f->tier) {
    case HF_TIER_HIGH:
        return "ERROR";
    case HF_TIER_MEDIUM:
        return "WARNING";
    case HF_TIER_LOW:
        break;
    }
    return "INFO";
}

static void write_position(JsonBuilder *b, const char *name, int line, int col)
{
    hf_json_begin_object(b, name);
    hf_json_member_int(b, "line", line);
    if (col > 0) {
        hf_json_member_int(b, "column", col);
    }
    json_builder_end_object(b);
}

static void write_location(const HfReport *r, const HfPlace *p,
                           JsonBuilder *b)
{
    hf_json_begin_object(b, "location");
    hf_json_member(b, "path", hf_report_path(r, p->file));
    if (p->line > 0) {
        hf_json_begin_object(b, "range");
        write_position(b, "start", p->line, p->col);
        if (p->end_line > p->line ||
            (p->end_line == p->line && p->end_col > p->col)) {
            write_position(b, "end", p->end_line, p->end_col);
        }
        json_builder_end_object(b);
    }
    json_builder_end_object(b);
}

static void write_related(const HfReport *r, const HfFinding *f,
                          JsonBuilder *b)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);

    if (n < 2) {
        return;
    }
    hf_json_begin_array(b, "relatedLocations");
    for (guint i = 0; i < n; i++) {
        if (e[i].main) {
            continue;
        }
        json_builder_begin_object(b);
        hf_json_member(b, "message", e[i].message);
        write_location(r, &e[i].place, b);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void write_line(const HfReport *r, const HfFinding *f, GString *out)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    hf_json_member(b, "message", f->message);
    write_location(r, hf_report_place(f), b);
    hf_json_member(b, "severity", severity(f));
    hf_json_begin_object(b, "source");
    hf_json_member(b, "name", "holdfast");
    json_builder_end_object(b);
    hf_json_begin_object(b, "code");
    hf_json_member(b, "value", f->checker);
    json_builder_end_object(b);
    write_related(r, f, b);
    json_builder_end_object(b);
    hf_json_finish(b, FALSE, out);
}

static void write_rdjsonl(const HfReport *r, GString *out)
{
    const GPtrArray *list = r->findings->list;

    for (guint i = 0; i < list->len; i++) {
        if (hf_report_shows(r, list->pdata[i])) {
            write_line(r, list->pdata[i], out);
        }
    }
}

const HfWriter hf_writer_rdjsonl = {
    .name = "rdjsonl",
    .summary = "reviewdog diagnostic format, one JSON object a line",
    .write = write_rdjsonl,
};
