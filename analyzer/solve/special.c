/* SPDX-License-Identifier: MIT */
/*
 * A body run once more with constants for some of its parameters:
 * `pause_threads(PAUSE)` and `count(dev, true)` are other functions than what
 * their callers have in common.  Only parameters that some branch depends on
 * count, in the function itself or in those it hands them on to, so that one
 * result serves many calls.
 */
#include "solve/solver.h"

/* Results kept for a function. */
#define MAX_SPECIALS 12

typedef struct {
    HfSymId sym;
    HfX given[HF_MAX_GIVEN];
} Key;

static guint key_hash(gconstpointer p)
{
    const Key *k = p;
    guint hash = k->sym;

    for (guint i = 0; i < HF_MAX_GIVEN; i++) {
        hash = hash * 31 + k->given[i];
    }
    return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const Key *x = a, *y = b;

    for (guint i = 0; i < HF_MAX_GIVEN; i++) {
        if (x->given[i] != y->given[i]) {
            return FALSE;
        }
    }
    return x->sym == y->sym;
}

static void value_free(gpointer data)
{
    hf_flow_free(data);
}

GHashTable *hf_specials_new(void)
{
    return g_hash_table_new_full(key_hash, key_equal, g_free, value_free);
}

/* ---- what branches depend on --------------------------------------------- */

typedef struct {
    const HfFacts *f;
    const HfFunction *fn;
    guint32 *from; /* by local: parameters its value may be made of */
} Asks;

static guint32 made_of(const Asks *a, HfId path)
{
    const HfPath *p = &a->f->paths[path];

    while (p->kind == HF_PATH_COMPUTED) {
        p = &a->f->paths[p->parent];
    }
    return p->kind == HF_PATH_LOCAL ? a->from[p->ref - a->fn->first_local]
                                    : 0;
}

static guint32 asked_by_branches(const Asks *a)
{
    guint32 asks = 0;

    for (uint32_t b = 0; b < a->fn->n_blocks; b++) {
        const HfBlock *block = &a->f->blocks[a->fn->first_block + b];

        for (uint32_t i = 0; i < block->n_edges; i++) {
            HfId cond = a->f->edges[block->first_edge + i].cond;

            if (cond) {
                asks |= made_of(a, a->f->conds[cond].lhs) |
                        made_of(a, a->f->conds[cond].rhs);
            }
        }
    }
    return asks;
}

guint32 hf_special_asks(const HfSolved *s, const HfFlow *flow)
{
    const HfFunction *fn = flow->fn;
    Asks a = { flow->unit->facts, fn, g_new0(guint32, fn->n_locals + 1) };
    guint32 asks = 0;

    for (guint i = 0; i < fn->n_params && i < HF_MAX_GIVEN; i++) {
        a.from[i] = 1u << i;
    }
    for (uint32_t i = 0; i < fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->value &&
            a.f->paths[e->path].kind == HF_PATH_LOCAL) {
            a.from[a.f->paths[e->path].ref - fn->first_local] |=
                made_of(&a, e->value);
        } else if (e->kind == HF_EV_CALL) {
            const HfFlow *callee = s->flows[flow->unit->symbols[e->sym]];

            for (guint k = 0; callee && k < e->n_args && k < HF_MAX_GIVEN;
                 k++) {
                asks |= callee->asks >> k & 1
                            ? made_of(&a, a.f->args[e->first_arg + k]) : 0;
            }
        }
    }
    asks |= asked_by_branches(&a);
    g_free(a.from);
    return asks;
}

/* ---- making and finding them --------------------------------------------- */

static gboolean about_locks(const HfFlow *f)
{
    for (guint i = 0; i < f->exits->len; i++) {
        if (g_array_index(f->exits, HfExit, i).holds) {
            return TRUE;
        }
    }
    return f->takes->len || f->relocks->len || f->lock_ops->len;
}

/* Does one call get what makes another function of its callee, too? */
static gboolean passes_on(const HfSolved *s, const HfFlow *f, const HfCall *x,
                          const HfFlow *general, const HfCall *y)
{
    const HfEvent *e = hf_flow_event(f, x->event);
    const HfFlow *callee =
        e->kind == HF_EV_CALL ? s->flows[f->unit->symbols[e->sym]] : NULL;

    for (guint i = 0; callee && i < x->n_args && i < HF_MAX_GIVEN; i++) {
        if (callee->asks >> i & 1 &&
            g_array_index(f->args, HfX, x->first_arg + i) !=
                g_array_index(general->args, HfX, y->first_arg + i)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Is less reached, or is it reached with other locks? */
static gboolean differs(const HfSolved *s, const HfFlow *f,
                        const HfFlow *general)
{
    if (f->calls->len != general->calls->len ||
        f->accesses->len != general->accesses->len) {
        return TRUE;
    }
    for (guint i = 0; i < f->calls->len; i++) {
        const HfCall *x = &g_array_index(f->calls, HfCall, i);
        const HfCall *y = &g_array_index(general->calls, HfCall, i);

        if (x->must != y->must || passes_on(s, f, x, general, y)) {
            return TRUE;
        }
    }
    for (guint i = 0; i < f->accesses->len; i++) {
        if (g_array_index(f->accesses, HfAccess, i).must !=
            g_array_index(general->accesses, HfAccess, i).must) {
            return TRUE;
        }
    }
    return FALSE;
}

static const HfFlow *make(HfSolved *s, HfFlow *general, const Key *key)
{
    HfFlow *f = hf_flow_new(s, general->sym);
    Key *kept = g_memdup2(key, sizeof(*key));

    general->n_specials++;
    general->making = TRUE; /* a cycle through pointers ends here */
    g_array_unref(f->contexts);
    f->contexts = g_array_ref(general->contexts);
    f->asks = general->asks;
    f->given = kept->given;
    hf_flow_run(s, f);
    general->making = FALSE;
    f->differs = differs(s, f, general);
    g_hash_table_insert(s->specials, kept, f);
    return f;
}

/* FALSE: no argument decides anything in the callee. */
static gboolean key_for(const HfSolved *s, const HfFlow *general,
                        const HfX *args, guint n_args, Key *key)
{
    gboolean any = FALSE;

    for (guint i = 0; i < n_args && i < HF_MAX_GIVEN &&
                      i < general->fn->n_params; i++) {
        if (general->asks >> i & 1 && args[i] &&
            hf_x(s->exprs, args[i])->kind == HF_X_CONST) {
            key->given[i] = args[i];
            any = TRUE;
        }
    }
    return any;
}

gboolean hf_call_may_reach(const HfSolved *s, const HfFlow *flow,
                           const HfCall *call, HfSymId callee,
                           uint32_t event)
{
    const HfFlow *general = s->flows[callee], *found;
    Key key = { .sym = callee };

    if (!general || !general->asks ||
        !key_for(s, general, &g_array_index(flow->args, HfX, call->first_arg),
                 call->n_args, &key)) {
        return TRUE;
    }
    found = g_hash_table_lookup(s->specials, &key);
    return !found || hf_flow_call(found, event) != NULL;
}

const HfFlow *hf_special(HfSolved *s, HfSymId sym, HfSymId from,
                         const HfX *args, guint n_args, gboolean locks_only)
{
    HfFlow *general = s->flows[sym];
    Key key = { .sym = sym };
    const HfFlow *found;

    if (!general || general->skip || !general->exits || !general->asks ||
        general->making ||
        s->program->scc[sym] == s->program->scc[from]) {
        return general;
    }
    if (!key_for(s, general, args, n_args, &key) ||
        (locks_only && !about_locks(general))) {
        return general;
    }
    found = g_hash_table_lookup(s->specials, &key);
    if (found) {
        return found;
    }
    return general->n_specials < MAX_SPECIALS ? make(s, general, &key)
                                              : general;
}

/* ---- in a context -------------------------------------------------------- */

static const HfAccess *row_of(const GArray *rows, uint32_t event)
{
    guint lo = 0, hi = rows->len;

    while (lo < hi) {
        guint mid = (lo + hi) / 2;

        if (g_array_index(rows, HfAccess, mid).event < event) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < rows->len && g_array_index(rows, HfAccess, lo).event == event
               ? &g_array_index(rows, HfAccess, lo) : NULL;
}

gboolean hf_context_reaches(const HfContext *ctx, const HfFlow *flow,
                            uint32_t event, HfHolds *must)
{
    const HfFlow *f = ctx->special;
    const HfEvent *e;
    const HfAccess *a;

    if (!f || f->sym != flow->sym || event >= f->fn->n_events) {
        return TRUE;
    }
    e = hf_flow_event(f, event);
    if (e->kind == HF_EV_CALL || e->kind == HF_EV_CALL_INDIRECT) {
        const HfCall *call = hf_flow_call(f, event);

        if (call) {
            *must = call->must;
        }
        return call != NULL;
    }
    a = row_of(e->kind == HF_EV_ADDR_TAKEN ? f->addresses : f->accesses,
               event);
    if (a) {
        *must = a->must;
    }
    return a || !row_of(e->kind == HF_EV_ADDR_TAKEN ? flow->addresses
                                                    : flow->accesses, event);
}
