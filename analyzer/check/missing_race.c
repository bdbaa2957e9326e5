/* SPDX-License-Identifier: MIT */
#include "check/missing_race.h"
#include "check/idiom.h"
#include "check/unlocked.h"

#include <string.h>

/* Function pointers on the way to who changes a container, or looks into it
 * meanwhile: no such thing is ever right. */
#define MAX_SLOTS 2

struct HfRaces {
    HfCheck *c;
    HfWitnesses *w;
    GHashTable *locked; /* HfRecId: a lock in it, or in a struct it holds */
};

HfRaces *hf_races_new(HfCheck *c, HfWitnesses *w)
{
    HfRaces *r = g_new0(HfRaces, 1);
    const HfProgram *p = c->program;

    r->c = c;
    r->w = w;
    r->locked = g_hash_table_new(NULL, NULL);
    for (int pass = 0; pass < 2; pass++) {
        for (guint i = 1; i < p->fields->len; i++) {
            const HfProgField *f = HF_PROGRAM_FIELD(p, i);

            if (pass == 0 ? f->is_lock
                          : f->type_flags & HF_TYPE_RECORD &&
                                g_hash_table_contains(
                                    r->locked,
                                    GUINT_TO_POINTER(f->type_record))) {
                g_hash_table_add(r->locked, GUINT_TO_POINTER(f->record));
            }
        }
    }
    return r;
}

void hf_races_free(HfRaces *r)
{
    g_hash_table_unref(r->locked);
    g_free(r);
}

/* On some way in it, or a lock of the object's own, is held. */
static gboolean may_be_locked(const HfUse *u, const HfLockKey *key)
{
    for (guint i = 0; u->sometimes && i < u->sometimes->len; i++) {
        const HfLockKey *have = &g_array_index(u->sometimes, HfLockKey, i);

        if (have->relation != HF_REL_GLOBAL ||
            hf_belief_same_lock(have, key)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A write with none of the locks that may be the subject's. */
static gboolean is_candidate(const HfCheck *c, const HfUse *u,
                             const HfLockKey *key)
{
    return hf_guard_is_write(u->access) && !hf_guard_is_atomic(u->access) &&
           !u->locks && !may_be_locked(u, key) &&
           !hf_belief_unshared(c, u, key) && !hf_idiom_elsewhere(c, u, key) &&
           !hf_idiom_nameless_held(c, u) && !hf_idiom_published_later(c, u);
}

static void report(const HfRaces *r, const HfStats *st, const HfUse *u,
                   const HfLockKey *key, const HfWitness *found)
{
    HfCheck *c = r->c;
    HfFinding *f = hf_check_finding(c, u->flow, "unlocked_write");
    g_autofree char *what = hf_check_access_text(u->flow, u->access);
    g_autofree char *lock = hf_belief_lock_name(c, key);
    HfPlace at = hf_check_place(u->flow, u->access->event);
    HfSubject s;

    hf_finding_main(f, &at, "missing_lock", 0,
                    "%s \"%s\" without holding lock \"%s\", while \"%s\" "
                    "may %s it with that lock held.",
                    u->access->arg ? "Changing" : "Writing", what, lock,
                    HF_PROGRAM_SYM(c->program, found->other.flow->sym)->name,
                    found->other.write ? "write" : "read");
    hf_finding_reason(f, "the other side holds a lock that is not held here");
    f->tier = HF_TIER_MEDIUM;
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(c, st->subject.object);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup("race");
    hf_guard_subject(c, u->access, &s);
    hf_unlocked_finish(r->w, f, u->flow, u->access,
                       hf_belief_lock_on(c, u->flow, &s, key),
                       HF_GUARD_INFERRED);
    hf_findings_add(c->findings, f);
}

/* A function that sets this many members of one object makes it, or makes it
 * anew. */
#define MAKES 3

static gboolean makes_object(const HfCheck *c, const HfUse *u)
{
    const HfXTable *t = c->solved->exprs;
    HfX base = hf_x(t, u->access->path)->parent, seen[MAKES];
    guint n = 0;

    for (guint i = 0; base && i < u->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(u->flow->accesses, HfAccess, i);
        guint k;

        if (!hf_guard_is_write(a) || hf_x(t, a->path)->parent != base) {
            continue;
        }
        for (k = 0; k < n && seen[k] != a->path; k++) {
        }
        if (k == n) {
            seen[n++] = a->path;
        }
        if (n == MAKES) {
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    HfX lock;
    const char *file;
    gboolean found;
} Home;

static void look_for_lock(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Home *h = data;

    for (guint i = 0; !h->found && i < flow->lock_ops->len; i++) {
        h->found = g_array_index(flow->lock_ops, HfLockOp, i).lock ==
                       h->lock &&
                   strcmp(hf_check_place(flow, UINT32_MAX).file,
                          h->file) == 0;
    }
    (void)c;
}

/* A variable's lock means something to a file that takes it itself; to others
 * it may be about anything. */
static gboolean is_known_here(HfCheck *c, const HfFlow *flow,
                              const HfLockKey *key)
{
    Home h = { .lock = key->id,
               .file = hf_check_place(flow, UINT32_MAX).file };

    if (key->relation == HF_REL_GLOBAL) {
        hf_check_each_flow(c, look_for_lock, &h);
    }
    return key->relation != HF_REL_GLOBAL || h.found;
}

/* Over function pointers much looks reachable that is not. */
static gboolean is_near(const HfWitness *found)
{
    guint most = found->self.access->arg ? MAX_SLOTS : 0;

    return found->self.ctx->n_slots <= most &&
           found->other.ctx->n_slots <= most;
}

/* Accesses in critical sections for their sake, under that lock; those to a
 * container on some way in at least. */
static GHashTable *strong_uses(const HfStats *st, const HfLockKey *key)
{
    GHashTable *all = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (u->access->arg ? hf_belief_has(u->locks, key) ||
                                 hf_belief_has(u->sometimes, key)
                           : u->section <= HF_STRONG_SECTION &&
                                 hf_belief_has(u->locks, key)) {
            g_hash_table_add(all, (gpointer)u->access);
        }
    }
    return all;
}

/* Writes of one function: the first that races is enough. */
static void judge_key(const HfRaces *r, const HfStats *st,
                      const HfLockKey *key, GHashTable *told)
{
    GHashTable *strong = strong_uses(st, key);

    for (guint i = 0; g_hash_table_size(strong) && i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);
        HfWitness found;

        if (g_hash_table_contains(told, u->flow) ||
            !is_candidate(r->c, u, key) ||
            (!u->access->arg && makes_object(r->c, u))) {
            continue;
        }
        hf_witness_among(r->w, u->flow, u->access, strong, key,
                         &found);
        if (found.verdict == HF_PARALLEL_YES && is_near(&found) &&
            is_known_here(r->c, u->flow, key)) {
            g_hash_table_add(told, (gpointer)u->flow);
            report(r, st, u, key, &found);
        }
        hf_witness_clear(&found);
    }
    g_hash_table_unref(strong);
}

static void try_keys(const HfRaces *r, const HfStats *st, const GArray *keys,
                     GArray *tried, GHashTable *told)
{
    for (guint i = 0; keys && i < keys->len; i++) {
        const HfLockKey *key = &g_array_index(keys, HfLockKey, i);

        /* a lock that is only pointed to goes by other names, too */
        if (key->relation != HF_REL_POINTER && !hf_belief_has(tried, key)) {
            g_array_append_val(tried, *key);
            judge_key(r, st, key, told);
        }
    }
}

gboolean hf_missing_race(const HfRaces *r, const HfStats *st)
{
    GHashTable *told = g_hash_table_new(NULL, NULL);
    GArray *tried = g_array_new(FALSE, FALSE, sizeof(HfLockKey));
    HfRecId record =
        st->subject.field
            ? HF_PROGRAM_FIELD(r->c->program, st->subject.field)->record : 0;
    gboolean own = g_hash_table_contains(r->locked, GUINT_TO_POINTER(record));
    gboolean any;

    for (guint i = 0; own && i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        try_keys(r, st, u->locks, tried, told);
        if (u->access->arg) {
            try_keys(r, st, u->sometimes, tried, told);
        }
    }
    any = g_hash_table_size(told) != 0;
    g_array_unref(tried);
    g_hash_table_unref(told);
    return any;
}
