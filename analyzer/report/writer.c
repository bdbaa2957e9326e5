/* SPDX-License-Identifier: MIT */
#include "report/writer.h"

#include <string.h>

gboolean hf_report_shows(const HfReport *r, const HfFinding *f)
{
    return !f->suppressed && (f->tier != HF_TIER_LOW || r->show_low);
}

const HfPlace *hf_report_place(const HfFinding *f)
{
    static const HfPlace nowhere;
    const HfTraceEvent *e = hf_finding_main_event(f);

    if (!e && f->events->len) {
        e = &g_array_index(f->events, HfTraceEvent, 0);
    }
    return e ? &e->place : &nowhere;
}

const char *hf_report_path(const HfReport *r, const char *file)
{
    gsize n = r->root ? strlen(r->root) : 0;

    if (!file || !file[0]) {
        return "<unknown>";
    }
    while (n > 0 && r->root[n - 1] == '/') {
        n--;
    }
    if (n > 0 && strncmp(file, r->root, n) == 0 && file[n] == '/') {
        file += n;
        while (*file == '/') {
            file++;
        }
    }
    return file;
}

const char *hf_tier_name(HfTier tier)
{
    switch (tier) {
    case HF_TIER_HIGH:
        return "high";
    case HF_TIER_MEDIUM:
        return "medium";
    case HF_TIER_LOW:
        break;
    }
    return "low";
}

const char *hf_impact_name(HfImpact impact)
{
    switch (impact) {
    case HF_IMPACT_HIGH:
        return "High";
    case HF_IMPACT_MEDIUM:
        return "Medium";
    case HF_IMPACT_LOW:
        break;
    }
    return "Low";
}

const HfTraceEvent *hf_finding_events(const HfFinding *f, guint *n)
{
    *n = f->events->len;
    return (const HfTraceEvent *)(void *)f->events->data;
}

gboolean hf_event_is_aside(const HfTraceEvent *e)
{
    return !e->main && (g_str_has_prefix(e->tag, "example_") ||
                        g_str_has_prefix(e->tag, "witness_") ||
                        g_str_has_prefix(e->tag, "also_") ||
                        strcmp(e->tag, "note") == 0 ||
                        strcmp(e->tag, "remediation") == 0);
}

gboolean hf_event_is_path(const HfTraceEvent *e)
{
    static const char *const tags[] = {
        "path", "cond_true", "cond_false", "enter", "return",
    };

    for (guint i = 0; !e->main && i < G_N_ELEMENTS(tags); i++) {
        if (strcmp(e->tag, tags[i]) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}
