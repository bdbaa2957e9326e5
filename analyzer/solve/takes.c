/* SPDX-License-Identifier: MIT */
/* Locks that a callee takes, if only for a while. */
#include "solve/calls.h"

#include <string.h>

/* Did assuming the fact change nothing?  Then it was known. */
static gboolean known_already(const HfCallRun *c, HfState *probe,
                              const HfFact *f)
{
    HfState *before = hf_run_copy(c->r, probe);

    return hf_state_assume(&c->r->body, probe, f) &&
           probe->n_facts == before->n_facts &&
           memcmp(probe->facts, before->facts,
                  probe->n_facts * sizeof(probe->facts[0])) == 0;
}

/* The callee's facts as the caller would say them; FALSE: not here. */
static gboolean facts_here(const HfCallRun *c, const HfState *s,
                           const HfCallArgs *args,
                           const HfTake *from, HfTake *to)
{
    HfState *probe = hf_run_copy(c->r, s);
    gboolean doubt = FALSE;

    to->n_facts = 0;
    for (guint i = 0; i < from->n_facts; i++) {
        HfFact f = from->facts[i];

        f.key = hf_call_here(c, s, args, f.key);
        if (f.key && known_already(c, probe, &f)) {
            continue;
        }
        if (f.key && !hf_state_assume(&c->r->body, probe, &f)) {
            return FALSE;
        }
        if (!f.key || hf_x(c->r->body.t, f.key)->local) {
            doubt = TRUE; /* nobody further up can tell */
        } else {
            to->facts[to->n_facts++] = f;
        }
    }
    if (!to->n_facts && !doubt) {
        to->maybe -= to->explained; /* all that was asked is so */
        to->explained = 0;
    }
    return TRUE;
}

static void record_relock(const HfCallRun *c, const HfTake *take,
                          const HfHold *h)
{
    GArray *rows = c->r->out->relocks;
    HfLockOp op = {
        .event = c->event, .lock = take->lock, .kind = HF_LOCK_ACQUIRE,
        .shared = take->shared, .via = c->sym, .before = *h,
        .maybe = take->maybe, .conditional = take->n_facts > 0,
    };

    for (guint i = rows->len; i > 0; i--) {
        const HfLockOp *have = &g_array_index(rows, HfLockOp, i - 1);

        if (have->event != c->event) {
            break;
        }
        if (have->lock == op.lock && have->before.flags == h->flags) {
            return;
        }
    }
    g_array_append_val(rows, op);
}

void hf_call_check_takes(const HfCallRun *c, const HfState *s,
                         const HfCallArgs *args)
{
    const HfFlow *f = args->summary;

    /* a recursive call is judged with an unfinished table: not at all */
    if (!f || !f->takes || f->skip || f->sym == c->r->out->sym) {
        return;
    }
    for (guint i = 0; i < f->takes->len; i++) {
        const HfTake *from = &g_array_index(f->takes, HfTake, i);
        HfTake take = {
            .event = c->event, .shared = from->shared, .via = c->sym,
            .maybe = from->maybe, .explained = from->explained,
            .lock = hf_call_lock_here(c, s, args, from->lock),
        };
        const HfHold *h;

        if (!take.lock || !facts_here(c, s, args, from, &take)) {
            continue;
        }
        h = hf_state_hold((HfState *)s, take.lock);
        if (!h) {
            hf_lock_take(c->r, s, &take);
        } else if (h->now == HF_HOLD_HELD && !(h->flags & HF_HOLD_FORGOTTEN)) {
            record_relock(c, &take, h);
        }
    }
}
