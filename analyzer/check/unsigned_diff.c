/* SPDX-License-Identifier: MIT */
/*
 * UNSIGNED_DIFF: a difference of unsigned values is compared with 0 to decide
 * a branch.  When the second operand is the larger, the difference wraps to a
 * huge number and the comparison says the opposite of what it reads like.
 */
#include "check/check.h"

#include <string.h>

/* ---- does it decide whether a loop goes on? ------------------------------ */

typedef struct {
    const HfFacts *facts;
    const HfFunction *fn;
    guint8 *in_loop; /* by block, of the loop being looked at */
    GArray *work;    /* uint32_t: blocks relative to the function */
} Blocks;

static const HfBlock *block(const Blocks *b, uint32_t i)
{
    return &b->facts->blocks[b->fn->first_block + i];
}

static const HfEdge *edge(const Blocks *b, uint32_t i, uint32_t k)
{
    return &b->facts->edges[block(b, i)->first_edge + k];
}

static uint32_t target(const Blocks *b, const HfEdge *e)
{
    return e->to - b->fn->first_block;
}

static gboolean leads_to(const Blocks *b, uint32_t from, uint32_t to)
{
    for (uint32_t k = 0; k < block(b, from)->n_edges; k++) {
        if (target(b, edge(b, from, k)) == to) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The natural loop of a back edge: what reaches its source without passing
 * its head. */
static void find_loop(Blocks *b, uint32_t source, uint32_t head)
{
    memset(b->in_loop, 0, b->fn->n_blocks);
    b->in_loop[head] = b->in_loop[source] = TRUE;
    g_array_append_val(b->work, source);
    while (b->work->len) {
        uint32_t i = g_array_index(b->work, uint32_t, b->work->len - 1);

        g_array_set_size(b->work, b->work->len - 1);
        for (uint32_t n = 0; i != head && n < b->fn->n_blocks; n++) {
            if (!b->in_loop[n] && leads_to(b, n, i)) {
                b->in_loop[n] = TRUE;
                g_array_append_val(b->work, n);
            }
        }
    }
}

/* The block is in a loop, and an edge of it leaves that loop. */
static gboolean ends_loop(Blocks *b, uint32_t at)
{
    for (uint32_t i = 0; i < b->fn->n_blocks; i++) {
        for (uint32_t k = 0; k < block(b, i)->n_edges; k++) {
            const HfEdge *back = edge(b, i, k);

            if (!(back->flags & HF_EDGE_BACK)) {
                continue;
            }
            find_loop(b, i, target(b, back));
            for (uint32_t n = 0; b->in_loop[at] && n < block(b, at)->n_edges;
                 n++) {
                if (!b->in_loop[target(b, edge(b, at, n))]) {
                    return TRUE;
                }
            }
        }
    }
    return FALSE;
}

static gboolean in_loop_condition(const HfFlow *flow, uint32_t event)
{
    Blocks b = {
        .facts = flow->unit->facts, .fn = flow->fn,
        .in_loop = g_new0(guint8, flow->fn->n_blocks),
        .work = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
    };
    HfId id = flow->fn->first_event + event;
    gboolean yes = FALSE;

    for (uint32_t i = 0; i < flow->fn->n_blocks; i++) {
        const HfBlock *k = block(&b, i);

        if (id >= k->first_event && id < k->first_event + k->n_events) {
            yes = ends_loop(&b, i);
            break;
        }
    }
    g_free(b.in_loop);
    g_array_unref(b.work);
    return yes;
}

/* ---- operands ------------------------------------------------------------ */

/* The local got its value as the smaller of two, one of which is `a`: written
 * from `a`, or from another choice (?:) that may be it. */
static gboolean may_be(const HfFlow *flow, HfId local, HfId a, int depth)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t i = 0; depth < 3 && i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->path == local &&
            (e->value == a || (f->paths[e->value].kind == HF_PATH_LOCAL &&
                               may_be(flow, e->value, a, depth + 1)))) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_chosen_below(const HfFlow *flow, const HfEvent *e)
{
    return flow->unit->facts->paths[e->value].kind == HF_PATH_LOCAL &&
           may_be(flow, e->value, e->path, 0);
}

static char *operand(const HfFlow *flow, HfId path)
{
    GString *s = g_string_new(NULL);

    hf_facts_path_text(flow->unit->facts, path, s);
    return g_string_free(s, FALSE);
}

/* Without names of locals. */
static const char *stable(const HfFlow *flow, HfId path)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *p = &f->paths[path];

    return p->kind == HF_PATH_FIELD    ? hf_str(f, f->fields[p->ref].name)
           : p->kind == HF_PATH_GLOBAL ? hf_str(f, f->symbols[p->ref].name)
                                       : "local";
}

static gboolean is_named(const HfFlow *flow, HfId path)
{
    const HfFacts *f = flow->unit->facts;

    for (; path; path = f->paths[path].parent) {
        if (f->paths[path].kind == HF_PATH_UNKNOWN) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- the checker --------------------------------------------------------- */

static void report(HfCheck *c, const HfFlow *flow, const HfDiff *d)
{
    const HfEvent *e = hf_flow_event(flow, d->event);
    gboolean loop = in_loop_condition(flow, d->event);
    HfFinding *f = hf_check_finding(c, flow,
                                    loop ? "loop_condition" : "branch");
    g_autofree char *a = operand(flow, e->path);
    g_autofree char *b = operand(flow, e->value);
    HfPlace at = hf_check_place(flow, d->event);

    if (is_named(flow, e->path) && is_named(flow, e->value)) {
        hf_finding_main(f, &at, "unsigned_diff", 0,
                        "The difference of unsigned \"%s\" and \"%s\" is "
                        "compared with 0, but never becomes negative: when "
                        "\"%s\" is the larger, it wraps to a huge value.",
                        a, b, b);
        hf_finding_event(f, &at, "remediation", 0,
                         "Compare \"%s\" with \"%s\" directly.", a, b);
    } else {
        hf_finding_main(f, &at, "unsigned_diff", 0,
                        "A difference of unsigned values is compared with 0, "
                        "but never becomes negative: when the second operand "
                        "is the larger, it wraps to a huge value.");
    }
    hf_finding_reason(f, loop ? "decides whether a loop goes on"
                              : "decides a branch");
    hf_finding_reason(f, "no check of the operands before it is known");
    f->tier = loop ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    f->rule = g_strdup("built in");
    f->key_subject = g_strdup_printf("%s - %s", stable(flow, e->path),
                                     stable(flow, e->value));
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(f->subcategory);
    hf_findings_add(c->findings, f);
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    for (guint i = 0; i < flow->diffs->len; i++) {
        const HfDiff *d = &g_array_index(flow->diffs, HfDiff, i);

        if (!d->bounded && !is_chosen_below(flow, hf_flow_event(flow,
                                                                d->event))) {
            report(c, flow, d);
        }
    }
}

static void run(HfCheck *c)
{
    hf_check_each_flow(c, check_flow, NULL);
}

const HfChecker hf_checker_unsigned_diff = {
    .name = "UNSIGNED_DIFF",
    .summary = "unsigned difference compared with 0 in a condition",
    .cwe = 191,
    .impact = HF_IMPACT_MEDIUM,
    .run = run,
};
