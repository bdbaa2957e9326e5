/* SPDX-License-Identifier: MIT */
#include "check/parties.h"
#include "solve/blocks.h"

#define MAX_LEVELS 64
/* A call through a pointer weighs as much as this many plain ones. */
#define SLOT_COST 8

typedef struct {
    const HfFlow *flow;
    const HfAccess *access;
    HfSubject subject;
} Site;

struct HfParties {
    HfCheck *c;
    GHashTable *sites;   /* subject key -> GArray of Site */
    GHashTable *parties; /* subject key -> GArray of HfParty, when asked for */
    HfContainers *containers;
};

static gpointer key_of(const HfSubject *s)
{
    guint id = s->field ? s->field * 2 : s->var * 2 + 1;

    return GUINT_TO_POINTER(id * 2 + (s->pointee ? 1 : 0));
}

static void add_site(HfParties *p, const HfFlow *flow, const HfAccess *a)
{
    Site site = { flow, a, { 0 } };
    GArray *list;

    if (a->fresh || !hf_guard_subject(p->c, a, &site.subject)) {
        return;
    }
    list = g_hash_table_lookup(p->sites, key_of(&site.subject));
    if (!list) {
        list = g_array_new(FALSE, FALSE, sizeof(Site));
        g_hash_table_insert(p->sites, key_of(&site.subject), list);
    }
    g_array_append_val(list, site);
}

static void add_sites(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfParties *p = data;
    const GPtrArray *also = hf_containers_of(p->containers, flow);

    for (guint i = 0; i < flow->accesses->len; i++) {
        add_site(p, flow, &g_array_index(flow->accesses, HfAccess, i));
    }
    for (guint i = 0; also && i < also->len; i++) {
        add_site(p, flow, g_ptr_array_index(also, i));
    }
    (void)c;
}

static void unref_array(gpointer a)
{
    g_array_unref(a);
}

HfParties *hf_parties_new(HfCheck *c)
{
    HfParties *p = g_new0(HfParties, 1);

    p->c = c;
    p->sites = g_hash_table_new_full(NULL, NULL, NULL, unref_array);
    p->parties = g_hash_table_new_full(NULL, NULL, NULL, unref_array);
    p->containers = hf_containers_new(c);
    hf_check_each_flow(c, add_sites, p);
    return p;
}

void hf_parties_free(HfParties *p)
{
    g_hash_table_unref(p->sites);
    g_hash_table_unref(p->parties);
    hf_containers_free(p->containers);
    g_free(p);
}

/* ---- where the object comes from ---------------------------------------- */

/* Part of what the entry's argument points to; what a pointer in there leads to
 * may be there for all threads. */
static gboolean is_given(const HfXTable *t, HfX x)
{
    x = hf_x_whole(t, x);
    return hf_x(t, x)->kind == HF_X_DEREF &&
           hf_x(t, hf_x(t, x)->parent)->kind == HF_X_PARAM;
}

/* The thread's entry got the object, or what it lies in, as its data. */
static gboolean from_data(const HfParties *p, const HfParty *party)
{
    const HfSolved *s = p->c->solved;
    const HfXTable *t = s->exprs;
    const HfFlow *flow = party->flow;
    const HfContext *ctx = party->ctx;
    HfX x = party->access->path;

    for (guint i = 0; x && ctx->parent && i < MAX_LEVELS; i++) {
        const HfFlow *up = s->flows[ctx->parent];
        const HfCall *call = hf_flow_call(up, ctx->parent_event);

        x = call ? hf_call_named(s, up, call, x) : 0;
        ctx = &g_array_index(up->contexts, HfContext, ctx->parent_context);
        flow = up;
    }
    return x && !ctx->parent &&
           p->c->solved->thread_role[flow->sym] == ctx->role &&
           is_given(t, x);
}

/* It is another value each time the loop around the start comes by. */
static gboolean changes_in_loop(const HfFlow *f, const HfXNode *n,
                                uint32_t start)
{
    const HfPath *paths = f->unit->facts->paths;

    if (n->kind == HF_X_TEMP) {
        return hf_event_before(f, start, n->ref);
    }
    for (uint32_t i = 0; i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);

        if ((e->kind == HF_EV_WRITE || e->kind == HF_EV_RMW) &&
            paths[e->path].kind == HF_PATH_LOCAL &&
            paths[e->path].ref - f->fn->first_local == n->ref &&
            i != start && hf_event_before(f, start, i)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* All threads started there get the same: a variable, or what was there before
 * the loop that starts them. */
static gboolean same_data(const HfParties *p, const HfRolePoint *start)
{
    const HfXTable *t = p->c->solved->exprs;
    const HfFlow *f = p->c->solved->flows[start->in];
    gboolean in_loop = hf_event_in_loop(f, start->event);
    gboolean address = FALSE;

    for (HfX x = start->data; x; x = hf_x(t, x)->parent) {
        const HfXNode *n = hf_x(t, x);

        if (n->kind == HF_X_GLOBAL) {
            return TRUE;
        }
        if (n->kind == HF_X_INDEX || n->kind == HF_X_UNKNOWN) {
            return FALSE;
        }
        if (n->kind == HF_X_TEMP || n->kind == HF_X_LOCAL) {
            return in_loop && ((address && n->kind == HF_X_LOCAL) ||
                               !changes_in_loop(f, n, start->event));
        }
        address |= n->kind == HF_X_ADDR;
    }
    return start->data && in_loop;
}

/* Two starts, one object. */
static gboolean share_data(const HfRolePoint *a, const HfRolePoint *b)
{
    return a->in == b->in && a->data && a->data == b->data;
}

/* Each thread that plays the role has been given an object of its own, and
 * this is (part of) it. */
static gboolean is_own(const HfParties *p, const HfParty *party)
{
    const HfRole *role = hf_party_role(p, party);

    if (!role || role->unique || !role->starts->len ||
        !from_data(p, party)) {
        return FALSE;
    }
    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *start =
            &g_array_index(role->starts, HfRolePoint, i);

        if (same_data(p, start) ||
            (i && share_data(start, &g_array_index(role->starts, HfRolePoint,
                                                   i - 1)))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- parties ------------------------------------------------------------ */

static void add_locks(const HfParties *p, HfParty *party, HfHolds set,
                      gboolean inherited)
{
    guint n;
    const HfHold *rows = hf_holds(p->c->solved, set, &n);

    for (guint i = 0; i < n; i++) {
        const HfHold *here =
            inherited ? hf_holds_find(p->c->solved, party->access->must,
                                      rows[i].lock) : NULL;
        HfLockKey key;

        if (rows[i].now != HF_HOLD_HELD ||
            (here && here->now == HF_HOLD_ABSENT) ||
            !hf_belief_relate(p->c, &party->subject, rows[i].lock, &key) ||
            hf_belief_has(party->locks, &key)) {
            continue;
        }
        if (!party->locks) {
            party->locks = g_array_new(FALSE, FALSE, sizeof(HfLockKey));
        }
        g_array_append_val(party->locks, key);
    }
}

static guint cost_of(const HfParties *p, const HfContext *ctx)
{
    guint cost = ctx->n_slots * SLOT_COST + (ctx->complete ? 0 : 2);

    for (guint i = 0; ctx->parent && i < MAX_LEVELS; i++) {
        cost++;
        ctx = &g_array_index(p->c->solved->flows[ctx->parent]->contexts,
                             HfContext, ctx->parent_context);
    }
    return cost;
}

static gboolean writes_zero(const HfFlow *flow, const HfAccess *a)
{
    const HfFacts *f = flow->unit->facts;
    const HfEvent *e = hf_flow_event(flow, a->event);
    const HfPath *v = &f->paths[e->value];

    return (e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) &&
           v->kind == HF_PATH_CONST && v->value == 0;
}

HfParty hf_party_make(HfParties *p, const HfFlow *flow, const HfAccess *a,
                      const HfSubject *s, const HfContext *ctx)
{
    HfParty party = {
        .flow = flow, .access = a, .ctx = ctx, .subject = *s,
        .write = hf_guard_is_write(a), .atomic = hf_guard_is_atomic(a),
        .clears = writes_zero(flow, a), .cost = cost_of(p, ctx),
    };

    add_locks(p, &party, a->must, FALSE);
    add_locks(p, &party, ctx->held, TRUE);
    party.own = is_own(p, &party);
    return party;
}

void hf_party_clear(HfParty *p)
{
    g_clear_pointer(&p->locks, g_array_unref);
}

static void clear_party(gpointer data)
{
    hf_party_clear(data);
}

const HfContainers *hf_parties_containers(const HfParties *p)
{
    return p->containers;
}

const GArray *hf_parties_of(HfParties *p, const HfSubject *s)
{
    gpointer key = key_of(s);
    GArray *out = g_hash_table_lookup(p->parties, key);
    const GArray *sites = g_hash_table_lookup(p->sites, key);

    if (out || !sites) {
        return out;
    }
    out = g_array_new(FALSE, FALSE, sizeof(HfParty));
    g_array_set_clear_func(out, clear_party);
    for (guint i = 0; i < sites->len; i++) {
        const Site *site = &g_array_index(sites, Site, i);
        gboolean setup = hf_check_exempt(p->c, site->flow);

        for (guint k = 0; k < site->flow->contexts->len; k++) {
            const HfContext *ctx =
                &g_array_index(site->flow->contexts, HfContext, k);
            HfParty party;

            if (hf_guard_fresh(p->c, site->access, ctx)) {
                continue;
            }
            party = hf_party_make(p, site->flow, site->access,
                                  &site->subject, ctx);
            party.setup = setup;
            g_array_append_val(out, party);
        }
    }
    g_hash_table_insert(p->parties, key, out);
    return out;
}

const HfFlow *hf_party_root(const HfParties *p, const HfParty *party)
{
    const HfFlow *flow = party->flow;
    const HfContext *ctx = party->ctx;

    for (guint i = 0; ctx->parent && i < MAX_LEVELS; i++) {
        flow = p->c->solved->flows[ctx->parent];
        ctx = &g_array_index(flow->contexts, HfContext, ctx->parent_context);
    }
    return flow;
}

const HfRole *hf_party_role(const HfParties *p, const HfParty *party)
{
    return party->ctx->role < 0
               ? NULL : &g_array_index(p->c->solved->roles, HfRole,
                                       party->ctx->role);
}
