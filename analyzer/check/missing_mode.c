/* SPDX-License-Identifier: MIT */
#include "check/missing_mode.h"

typedef enum { MODE_OTHER, MODE_SHARED, MODE_EXCLUSIVE } Mode;

/* How a write holds the lock. */
static Mode mode_of(const HfCheck *c, const HfUse *u, const HfBelief *b,
                    HfX *lock)
{
    HfVerdict v;
    HfSubject s;

    if (!hf_guard_is_write(u->access) || !hf_belief_has(u->locks, &b->key)) {
        return MODE_OTHER;
    }
    hf_guard_subject(c, u->access, &s);
    *lock = hf_belief_lock_on(c, u->flow, &s, &b->key);
    if (!*lock) {
        return MODE_OTHER;
    }
    v = hf_guard_verdict(c, u->flow, u->access, *lock);
    return v.tri != HF_HELD || !v.n_contexts ? MODE_OTHER
           : v.shared                        ? MODE_SHARED
                                             : MODE_EXCLUSIVE;
}

static void report(HfCheck *c, const HfUse *u, HfX lock, const HfUse *other)
{
    g_autofree char *what = hf_check_access_text(u->flow, u->access);
    g_autofree char *text = hf_check_text(c, u->flow, lock);
    HfPlace at = hf_check_place(u->flow, u->access->event);
    HfPlace there = hf_check_place(other->flow, other->access->event);
    const HfHold *hold = hf_holds_find(c->solved, u->access->must, lock);
    HfFinding *f = hf_check_finding(c, u->flow, "shared_write");

    if (hold) {
        hf_trace_hold(c, f, u->flow, hold, 0);
    }
    hf_finding_main(f, &at, "missing_lock", 0,
                    "Writing \"%s\" with lock \"%s\" held only in shared "
                    "mode: others who hold it so may do the same at the same "
                    "time.", what, text);
    hf_finding_event(f, &there, "example_access", 0,
                     "Here it is written with the lock held exclusively.");
    hf_finding_reason(f, "elsewhere it is written with the lock held "
                         "exclusively");
    f->tier = HF_TIER_MEDIUM;
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(c, u->access->path);
    f->key_lock = hf_check_stable(c, lock);
    f->key_shape = g_strdup("shared_write");
    f->group = g_strdup_printf("%s\n%u\n%s\nshared_write", f->checker,
                               u->flow->sym, f->key_lock);
    hf_findings_add(c->findings, f);
}

void hf_missing_mode(HfCheck *c, const HfStats *st, const HfBelief *b)
{
    const HfUse *other = NULL;
    const HfFlow *told = NULL;
    HfX lock;

    for (guint i = 0; i < st->uses->len && !other; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (mode_of(c, u, b, &lock) == MODE_EXCLUSIVE) {
            other = u;
        }
    }
    for (guint i = 0; i < st->uses->len && other; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (u->flow != told && mode_of(c, u, b, &lock) == MODE_SHARED) {
            report(c, u, lock, other);
            told = u->flow;
        }
    }
}
