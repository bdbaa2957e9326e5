/* SPDX-License-Identifier: MIT */
/*
 * ORDER_REVERSAL: locks that are taken in one order here and in another
 * there, by threads that may meet in the middle.
 *
 * The table of critical pairs says which lock is taken while which is held; a
 * cycle in it that no third lock breaks is a deadlock (Naik et al.,
 * "Effective Static Deadlock Detection", ICSE 2009; Infer's Starvation).
 * Orders that are declared are LOCK_CONTRACT's.
 */
#include "check/lock_order.h"
#include "check/lock_rank.h"
#include "check/order_instances.h"

#define MAX_LENGTH 4
#define MAX_CYCLES 200
/* At every call on the way there are conditions; after some it is no longer
 * certain that they hold together, after so many hardly anybody believes it. */
#define NEAR 3
#define FAR 5
#define MANY_KINDS 8

typedef struct {
    HfCheck *check;
    HfCritical *cr;
    HfOrder *order;
    HfRanks *ranks;
    GHashTable *told; /* unordered pairs of classes, min << 32 | max */
    guint n_told;
    guint *embedded; /* by HfRecId: members of other records that it is */
} Run;

/* One side of the cycle. */
typedef struct {
    const HfOrderEdge *edge;
    const HfCritPair *pair;
    const HfContext *ctx;
} Side;

static gint64 pair_key(HfX a, HfX b)
{
    return (gint64)MIN(a, b) << 32 | MAX(a, b);
}

static gboolean was_told(const Run *r, HfX a, HfX b)
{
    gint64 key = pair_key(a, b);

    return g_hash_table_contains(r->told, &key);
}

static void tell(Run *r, HfX a, HfX b)
{
    gint64 key = pair_key(a, b);

    g_hash_table_add(r->told, g_memdup2(&key, sizeof(key)));
}

/* ---- how sure ----------------------------------------------------------- */

static HfX base_of(const HfCritical *cr, HfX lock)
{
    const HfXNode *n = hf_x(cr->t, lock);

    return n->kind == HF_X_FIELD ? n->parent : 0;
}

/* Two locks of one object, or locks of which there is only one. */
static gboolean same_objects(const Run *r, const Side *s)
{
    HfX a = base_of(r->cr, s->pair->lock);

    return (hf_critical_is_one(r->cr, s->pair->lock) &&
            hf_critical_is_one(r->cr, s->pair->what.object)) ||
           (a && a == base_of(r->cr, s->pair->what.object));
}

static gboolean is_part_of(const HfCritical *cr, HfX object, HfX path)
{
    for (; path; path = hf_x(cr->t, path)->parent) {
        if (path == object) {
            return TRUE;
        }
    }
    return FALSE;
}

/* One of them is found from the other, or there is only one of it. */
static gboolean related(const Run *r, const Side *s)
{
    HfX lock = s->pair->lock, object = s->pair->what.object;

    return object && (hf_critical_is_one(r->cr, lock) ||
                      hf_critical_is_one(r->cr, object) ||
                      is_part_of(r->cr, base_of(r->cr, lock), object) ||
                      is_part_of(r->cr, base_of(r->cr, object), lock));
}

/* A member of a record that many others begin with: its lock is the lock of
 * things of many kinds. */
static gboolean of_many_kinds(const Run *r, HfX cls)
{
    const HfProgram *p = r->check->program;
    const HfXNode *n = hf_x(r->cr->t, cls);
    HfRecId record = n->kind == HF_X_FIELD
                         ? HF_PROGRAM_FIELD(p, n->ref)->record : 0;

    return record && r->embedded[record] >= MANY_KINDS;
}

/* Reasons for doubt; f NULL: they are only counted. */
static guint doubt(HfFinding *f, guint n, const char *fmt, const char *name)
{
    if (f) {
        g_autofree char *text = g_strdup_printf(fmt, name);

        hf_finding_reason(f, "%s", text);
    }
    return n;
}

static guint doubts_of_side(const Run *r, HfFinding *f, const Side *s)
{
    const HfCritPair *p = s->pair;
    const char *name = HF_PROGRAM_SYM(r->check->program, p->sym)->name;
    guint n = 0;

    if (p->what.n_slots) {
        n += doubt(f, 2, "\"%s\" gets there through a function pointer",
                   name);
    }
    if (p->what.hops > FAR) {
        n += doubt(f, 2, "it is many calls from \"%s\" to the second lock",
                   name);
    } else if (p->what.hops > NEAR) {
        n += doubt(f, 1, "it is some calls from \"%s\" to the second lock",
                   name);
    }
    if (!p->must) {
        n += doubt(f, 1, "\"%s\" holds the lock on some paths only", name);
    }
    if (p->hold.flags & HF_HOLD_FORGOTTEN ||
        r->cr->s->flows[p->sym]->imprecise) {
        n += doubt(f, 2, "\"%s\" has too many paths to tell them all apart",
                   name);
    }
    if (s->ctx->role < 0 && !s->ctx->complete) {
        n += doubt(f, 1, "no thread is seen that starts the way to \"%s\"",
                   name);
    }
    return n;
}

/* Nobody sees who runs either side: then the two are as good as one. */
static guint doubts(const Run *r, HfFinding *f, const Side *sides, guint n)
{
    guint sum = 0, unknown = 0;
    gboolean same = TRUE, close = TRUE, kinds = FALSE;

    for (guint i = 0; i < n; i++) {
        same &= same_objects(r, &sides[i]);
        close &= related(r, &sides[i]);
        kinds |= of_many_kinds(r, sides[i].pair->cls);
        sum += doubts_of_side(r, f, &sides[i]);
        unknown += sides[i].ctx->role < 0 && !sides[i].ctx->complete;
    }
    sum -= unknown > 1 ? unknown - 1 : 0;
    if (!same) {
        sum += doubt(f, close ? 1 : 2, "objects are told apart by their "
                     "types%s", close ? " only" : " only, and nothing says "
                     "how they belong together");
        sum += kinds ? doubt(f, 1, "one of the locks is in objects of many "
                             "%s", "kinds") : 0;
    }
    return sum + (n > 2);
}

static HfTier tier_of(const Run *r, HfFinding *f, const Side *sides, guint n)
{
    guint sum = doubts(r, f, sides, n);

    return sum == 0 ? HF_TIER_HIGH : sum == 1 ? HF_TIER_MEDIUM : HF_TIER_LOW;
}

/* ---- the report --------------------------------------------------------- */

static char *taken_name(const Run *r, const Side *s)
{
    return hf_critical_name(r->cr, r->cr->s->flows[s->pair->sym],
                            s->pair->what.object, s->pair->what.cls);
}

static char *held_name(const Run *r, const Side *s)
{
    const HfFlow *flow = r->cr->s->flows[s->pair->sym];

    return s->pair->hold.event == UINT32_MAX
               ? hf_check_stable(r->check, s->pair->cls)
               : hf_check_hold_text(r->check, flow, &s->pair->hold);
}

static char *main_text(const Run *r, const Side *s)
{
    g_autofree char *taken = taken_name(r, s), *held = held_name(r, s);

    if (s->pair->what.callee) {
        return g_strdup_printf(
            "Calling \"%s\", which locks \"%s\", while \"%s\" is held",
            HF_PROGRAM_SYM(r->check->program, s->pair->what.callee)->name,
            taken, held);
    }
    return g_strdup_printf("Locking \"%s\"%s while \"%s\" is held", taken,
                           s->pair->what.retake ? " again, after the wait,"
                                                : "", held);
}

static void other_sides(const Run *r, HfFinding *f, const Side *sides,
                        guint n)
{
    for (guint i = 1; i < n; i++) {
        const HfCritPair *p = sides[i].pair;
        const HfFlow *flow = r->cr->s->flows[p->sym];
        g_autofree char *text = main_text(r, &sides[i]);
        HfPlace at = hf_check_place(flow, p->what.event);
        int depth = hf_critical_trace_hold(r->cr, f, p, sides[i].ctx);

        hf_finding_event(f, &at, "reversed", depth, "%s.", text);
        hf_critical_trace(r->cr, f, flow, &p->what, depth, FALSE);
    }
}

static void report(Run *r, Side *sides, guint n)
{
    const HfCritPair *p = sides[0].pair;
    const HfFlow *flow = r->cr->s->flows[p->sym];
    HfFinding *f = hf_check_finding(r->check, flow,
                                    n == 2 ? "two_locks" : "cycle");
    g_autofree char *text = main_text(r, &sides[0]);
    HfPlace at = hf_check_place(flow, p->what.event);
    int depth = hf_critical_trace_hold(r->cr, f, p, sides[0].ctx);
    GString *others = g_string_new(NULL);

    for (guint i = 1; i < n; i++) {
        g_autofree char *taken = taken_name(r, &sides[i]);
        g_autofree char *held = held_name(r, &sides[i]);

        g_string_append_printf(
            others, "%s\"%s\" holds \"%s\" and %s \"%s\"",
            i == 1 ? "" : i + 1 == n ? " and " : ", ",
            HF_PROGRAM_SYM(r->check->program, sides[i].pair->sym)->name,
            held, sides[i].pair->what.retake ? "takes back" : "locks",
            taken);
    }
    hf_finding_main(f, &at, "order_reversal", depth,
                    "%s. %s: each may wait for the other for ever.", text,
                    others->str);
    g_string_free(others, TRUE);
    hf_critical_trace(r->cr, f, flow, &p->what, depth, FALSE);
    other_sides(r, f, sides, n);
    f->tier = tier_of(r, f, sides, n);
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(r->check, p->what.cls);
    f->key_lock = hf_check_stable(r->check, p->cls);
    f->key_shape = g_strdup(n == 2 ? "two_locks" : "cycle");
    hf_findings_add(r->check->findings, f);
}

/* ---- two locks ---------------------------------------------------------- */

/* The two places about which there is least doubt. */
static gboolean find_clash(Run *r, const HfOrderEdge *a, const HfOrderEdge *b,
                           Side best[2])
{
    guint least = G_MAXUINT;

    for (guint i = 0; i < a->pairs->len; i++) {
        for (guint k = 0; k < b->pairs->len; k++) {
            Side sides[2] = {
                { a, &g_array_index(a->pairs, HfCritPair, i), NULL },
                { b, &g_array_index(b->pairs, HfCritPair, k), NULL },
            };
            guint sum;

            if (!hf_order_clash(r->cr, sides[0].pair, sides[1].pair,
                                &sides[0].ctx, &sides[1].ctx)) {
                continue;
            }
            sum = doubts(r, NULL, sides, 2);
            if (sum < least) {
                least = sum;
                best[0] = sides[0];
                best[1] = sides[1];
            }
        }
    }
    return least != G_MAXUINT;
}

static void two_locks(Run *r, const HfOrderEdge *a)
{
    const HfOrderEdge *b = hf_order_edge(r->order, a->to, a->from);
    Side sides[2];

    if (!b || was_told(r, a->from, a->to)) {
        return;
    }
    tell(r, a->from, a->to); /* or shown not to be one */
    if (hf_rank_declared(r->ranks, r->check, a->from, a->to) ||
        !find_clash(r, a, b, sides)) {
        return;
    }
    if (a->n > b->n) { /* the rarer order is the odd one */
        Side s = sides[0];

        sides[0] = sides[1];
        sides[1] = s;
    }
    report(r, sides, 2);
}

/* ---- more --------------------------------------------------------------- */

typedef struct {
    Run *run;
    Side sides[MAX_LENGTH];
    guint n;
} Path;

/* No two of them are in the way of each other already, and each may happen
 * while all the others do. */
static gboolean fits(const Path *p, Side *s)
{
    for (guint i = 0; i < p->n; i++) {
        const HfContext *ctx;

        if (p->sides[i].edge->from == s->edge->to && i > 0) {
            return FALSE; /* a shorter cycle */
        }
        if (!hf_order_apart(p->run->cr, p->sides[i].pair, s->pair, &ctx,
                            &s->ctx)) {
            return FALSE;
        }
    }
    return !p->n ||
           hf_order_follows(p->run->cr, s->pair, p->sides[p->n - 1].pair);
}

static void close_cycle(Path *p)
{
    Run *r = p->run;
    const HfContext *ctx;

    if (!hf_order_follows(r->cr, p->sides[0].pair,
                          p->sides[p->n - 1].pair) ||
        !hf_order_apart(r->cr, p->sides[0].pair, p->sides[1].pair,
                        &p->sides[0].ctx, &ctx)) {
        return;
    }
    for (guint i = 0; i < p->n; i++) {
        tell(r, p->sides[i].edge->from, p->sides[i].edge->to);
    }
    r->n_told++;
    report(r, p->sides, p->n);
}

/* Classes in a cycle are told once: it starts at the first of its edges. */
static void extend(Path *p, guint first)
{
    Run *r = p->run;
    HfX at = p->sides[p->n - 1].edge->to;

    for (guint i = first; i < r->order->edges->len; i++) {
        const HfOrderEdge *e = g_ptr_array_index(r->order->edges, i);
        Side s = { e, &g_array_index(e->pairs, HfCritPair, 0), NULL };

        if (e->from != at || s.pair->what.n_slots || !s.pair->must ||
            was_told(r, e->from, e->to) || r->n_told >= MAX_CYCLES ||
            !fits(p, &s)) {
            continue;
        }
        p->sides[p->n++] = s;
        if (e->to == p->sides[0].edge->from) {
            if (p->n > 2) {
                close_cycle(p);
            }
        } else if (p->n < MAX_LENGTH) {
            extend(p, first);
        }
        p->n--;
        if (was_told(r, p->sides[0].edge->from, p->sides[0].edge->to)) {
            return;
        }
    }
}

static void cycles(Run *r)
{
    for (guint i = 0; i < r->order->edges->len; i++) {
        const HfOrderEdge *e = g_ptr_array_index(r->order->edges, i);
        Path p = { .run = r, .n = 1 };

        p.sides[0] = (Side){ e, &g_array_index(e->pairs, HfCritPair, 0),
                             NULL };
        if (!p.sides[0].pair->what.n_slots && p.sides[0].pair->must &&
            !was_told(r, e->from, e->to)) {
            extend(&p, i + 1);
        }
    }
}

static guint *count_embedded(const HfProgram *p)
{
    guint *n = g_new0(guint, p->records->len + 1);

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        if (f->type_flags & HF_TYPE_RECORD) {
            n[f->type_record]++;
        }
    }
    return n;
}

static void run_order_reversal(HfCheck *c)
{
    Run r = {
        .check = c, .cr = hf_critical_of(c), .ranks = hf_ranks_new(c),
        .told = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                      NULL),
    };

    r.embedded = count_embedded(c->program);
    r.order = hf_order_new(r.cr);
    for (guint i = 0; i < r.order->edges->len; i++) {
        two_locks(&r, g_ptr_array_index(r.order->edges, i));
    }
    cycles(&r);
    hf_order_instances(c);
    hf_order_free(r.order);
    hf_ranks_free(r.ranks);
    g_hash_table_unref(r.told);
    g_free(r.embedded);
}

const HfChecker hf_checker_order_reversal = {
    .name = "ORDER_REVERSAL",
    .summary = "locks taken in different orders by threads that may meet",
    .cwe = 833,
    .impact = HF_IMPACT_HIGH,
    .run = run_order_reversal,
};
