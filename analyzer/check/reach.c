/* SPDX-License-Identifier: MIT */
#include "check/reach.h"

typedef struct {
    HfSymId sym;
    guint64 held, absent;
} Visit;

typedef struct {
    HfCheck *c;
    HfReachFn fn;
    gpointer data;
    HfX watched;
    guint64 only;
    GHashTable *seen; /* Visit */
    GPtrArray *hops;  /* every hop made, freed at the end */
    GQueue queue;     /* HfHop to continue from */
} Walk;

static guint visit_hash(gconstpointer key)
{
    const Visit *v = key;

    return v->sym * 2654435761u ^ (guint)(v->held * 31 + v->absent);
}

static gboolean visit_equal(gconstpointer a, gconstpointer b)
{
    const Visit *x = a, *y = b;

    return x->sym == y->sym && x->held == y->held && x->absent == y->absent;
}

guint64 hf_reach_mask(const HfCheck *check, const char *name)
{
    int cap = hf_contract_cap(check->solved->contracts, name);

    return cap >= 0 ? 1ull << cap : 0;
}

guint64 hf_reach_bit(const HfCheck *check, HfX lock, HfX watched)
{
    const HfXNode *x = hf_x(check->solved->exprs, lock);

    if (x->kind == HF_X_CAP) {
        return x->ref < 63 ? 1ull << x->ref : 0;
    }
    return lock && lock == watched ? HF_REACH_WATCHED : 0;
}

static void local_caps(const HfCheck *c, HfHolds holds, HfX watched,
                       guint64 *held, guint64 *absent)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, holds, &n);

    for (guint i = 0; i < n; i++) {
        guint64 bit = hf_reach_bit(c, rows[i].lock, watched);

        if (rows[i].now == HF_HOLD_HELD) {
            *held |= bit;
            *absent &= ~bit;
        } else if (rows[i].now == HF_HOLD_ABSENT) {
            *absent |= bit;
            *held &= ~bit;
        }
    }
}

/* What a slot says of those called through it. FALSE: nothing may be
 * concluded beyond it. */
static gboolean through_slot(const HfCheck *c, HfFieldId slot, HfX watched,
                             guint64 *held, guint64 *absent)
{
    const HfSlotRule *rule =
        HF_PROGRAM_FIELD(c->program, slot)->slot_rule;
    const HfContract *k = hf_contract_of_field(c->solved->contracts, slot);

    if (rule && rule->entry_set && rule->entry == HF_ENTRY_UNKNOWN) {
        return FALSE;
    }
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        guint64 bit = cl->n_locks == 1
                          ? hf_reach_bit(c, cl->locks[0], watched) : 0;

        if (cl->kind == HF_EFF_COROUTINE) {
            bit = hf_reach_mask(c, "coroutine");
        }
        if (cl->kind == HF_EFF_REQUIRES || cl->kind == HF_EFF_COROUTINE ||
            cl->kind == HF_EFF_REQUIRES_SHARED) {
            *held |= bit;
            *absent &= ~bit;
        }
    }
    return TRUE;
}

static void take_hop(Walk *w, const HfHop *proto)
{
    HfHop *hop;
    Visit v = { proto->callee, proto->held, proto->absent };

    if (w->fn(w->c, proto, w->data) == HF_REACH_STOP ||
        !w->c->solved->flows[proto->callee] ||
        w->c->solved->flows[proto->callee]->skip ||
        g_hash_table_contains(w->seen, &v)) {
        return;
    }
    g_hash_table_add(w->seen, g_memdup2(&v, sizeof(v)));
    hop = g_memdup2(proto, sizeof(*proto));
    g_ptr_array_add(w->hops, hop);
    g_queue_push_tail(&w->queue, hop);
}

static void follow(Walk *w, const HfFlow *flow, const HfCall *call,
                   guint64 held, guint64 absent, const HfHop *from)
{
    const HfSymId *targets;
    HfHop hop = {
        .flow = flow, .event = call->event, .held = held, .absent = absent,
        .from = from, .length = from ? from->length + 1 : 1,
        .n_slots = from ? from->n_slots : 0,
    };
    guint n = hf_call_targets(w->c->solved, flow, call, &targets, &hop.slot);
    GArray *now;

    local_caps(w->c, call->must, w->watched, &hop.held, &hop.absent);
    if (hf_flow_event(flow, call->event)->kind == HF_EV_CALL_INDIRECT &&
        ++hop.n_slots > HF_REACH_MAX_SLOTS) {
        return;
    }
    if (hop.slot) {
        if (!through_slot(w->c, hop.slot, w->watched, &hop.held,
                          &hop.absent)) {
            return;
        }
    }
    hop.held &= w->only;
    hop.absent &= w->only;
    for (guint i = 0; i < n; i++) {
        hop.callee = targets[i];
        take_hop(w, &hop);
    }
    now = hf_call_runs_now(w->c->solved, flow, call);
    for (guint i = 0; now && i < now->len; i++) {
        hop.callee = g_array_index(now, HfSymId, i);
        take_hop(w, &hop);
    }
    if (now) {
        g_array_unref(now);
    }
}

void hf_reach(HfCheck *check, const HfFlow *flow, const HfCall *call,
              const HfReachEntry *entry, HfReachFn fn, gpointer data)
{
    Walk w = {
        .c = check, .fn = fn, .data = data, .watched = entry->watched,
        .only = entry->only ? entry->only : UINT64_MAX,
        .seen = g_hash_table_new_full(visit_hash, visit_equal, g_free, NULL),
        .hops = g_ptr_array_new_with_free_func(g_free),
    };
    const HfHop *hop;

    g_queue_init(&w.queue);
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *one = &g_array_index(flow->calls, HfCall, i);

        if (!call || call == one) {
            follow(&w, flow, one, entry->held, entry->absent, NULL);
        }
    }
    while ((hop = g_queue_pop_head(&w.queue))) {
        const HfFlow *f = check->solved->flows[hop->callee];

        for (guint i = 0; i < f->calls->len; i++) {
            follow(&w, f, &g_array_index(f->calls, HfCall, i), hop->held,
                   hop->absent, hop);
        }
    }
    g_hash_table_unref(w.seen);
    g_ptr_array_unref(w.hops);
}

int hf_reach_trace(const HfCheck *check, HfFinding *f, const HfHop *last,
                   int depth, gboolean skip_first, gboolean skip_last)
{
    const HfHop *chain[64];
    int n = 0;

    for (const HfHop *h = last; h && n < 64; h = h->from) {
        chain[n++] = h;
    }
    for (int i = n - 1; i >= 0; i--, depth++) {
        const HfHop *h = chain[i];
        HfPlace at = hf_check_place(h->flow, h->event);
        const char *callee = HF_PROGRAM_SYM(check->program, h->callee)->name;

        if ((skip_first && i == n - 1) || (skip_last && i == 0)) {
            continue;
        }
        if (h->slot) {
            const HfProgField *slot =
                HF_PROGRAM_FIELD(check->program, h->slot);

            hf_finding_event(f, &at, "call", depth,
                             "Calling \"%s\" through \"%s.%s\".", callee,
                             HF_PROGRAM_RECORD(check->program,
                                               slot->record)->name,
                             slot->name);
        } else {
            hf_finding_event(f, &at, "call", depth, "Calling \"%s\".",
                             callee);
        }
    }
    return depth;
}
