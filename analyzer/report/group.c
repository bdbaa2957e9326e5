/* SPDX-License-Identifier: MIT */
/*
 * group.c - one finding for one cause, as all accesses to a member without the
 * lock that guards it, or all
 * calls that wait under a lock for the same thing.
 *
 * Checkers tell each access on its own, so that a mark in the source or a
 * baseline speaks of one access; what is left of a group is put together for
 * printing.  Each access keeps its merge key.
 */
#include "report/report.h"

#include <string.h>

/* Further accesses that are named one by one. */
#define MAX_NAMED 12

static int compare_members(gconstpointer pa, gconstpointer pb)
{
    const HfFinding *a = *(HfFinding *const *)pa;
    const HfFinding *b = *(HfFinding *const *)pb;
    const HfTraceEvent *ea = hf_finding_main_event(a);
    const HfTraceEvent *eb = hf_finding_main_event(b);
    int c = strcmp(a->group, b->group);

    c = c ? c : (int)a->tier - (int)b->tier;
    c = c ? c : a->rank - b->rank;
    c = c ? c : strcmp(ea->place.file, eb->place.file);
    c = c ? c : ea->place.line - eb->place.line;
    return c ? c : ea->place.col - eb->place.col;
}

static void add_note(HfFinding *leader, const HfFinding *f)
{
    const HfTraceEvent *e = hf_finding_main_event(f);

    const char *tag = f->tier > leader->tier && f->tier == HF_TIER_LOW
                          ? "also_unsure" : "also_access";

    if (g_strcmp0(f->key_shape, "write") == 0) {
        hf_finding_event(leader, &e->place, tag, 0,
                         "Written without it in \"%s\", too.", f->function);
    } else if (g_strcmp0(f->key_shape, "read") == 0) {
        hf_finding_event(leader, &e->place, tag, 0,
                         "Read without it in \"%s\", too.", f->function);
    } else {
        hf_finding_event(leader, &e->place, tag, 0, "So in \"%s\".",
                         f->function);
    }
}

/* members: of one group, the leader first. */
static void join_group(HfFinding **members, guint n)
{
    HfFinding *leader = members[0];

    for (guint i = 1; i < n; i++) {
        g_autofree char *key = g_strdup_printf(
            "%s:%d", members[i]->merge_key, members[i]->occurrence);

        hf_finding_access_key(leader, key);
        if (i <= MAX_NAMED) {
            add_note(leader, members[i]);
        }
    }
    if (n > MAX_NAMED + 1) {
        HfPlace at = hf_finding_main_event(leader)->place;

        hf_finding_event(leader, &at, "note", 0,
                         "And in %u further functions.", n - MAX_NAMED - 1);
    }
}

static gboolean is_kept(const HfFinding *f, void *data)
{
    return !g_hash_table_contains(data, f);
}

void hf_findings_group(HfFindings *fs)
{
    GPtrArray *members = g_ptr_array_new();
    GHashTable *gone = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < fs->list->len; i++) {
        HfFinding *f = g_ptr_array_index(fs->list, i);

        if (f->group && !f->suppressed) {
            g_ptr_array_add(members, f);
        }
    }
    g_ptr_array_sort(members, compare_members);
    for (guint i = 0; i < members->len;) {
        const HfFinding *first = members->pdata[i];
        guint n = 1;

        while (i + n < members->len &&
               strcmp(((HfFinding *)members->pdata[i + n])->group,
                      first->group) == 0) {
            g_hash_table_add(gone, members->pdata[i + n]);
            n++;
        }
        join_group((HfFinding **)&members->pdata[i], n);
        i += n;
    }
    hf_findings_filter(fs, is_kept, gone);
    g_hash_table_unref(gone);
    g_ptr_array_unref(members);
}
