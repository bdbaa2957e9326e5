/* SPDX-License-Identifier: MIT */
/*
 * MIXED_ATOMIC: a member or variable that is accessed atomically in one place
 * and plainly in another that may run at the same time; and an atomic read
 * followed by an atomic write of a value made of it, where somebody else may
 * write in between.
 */
#include "check/meet.h"
#include "check/said_unlocked.h"

/* Notes about further places in one finding. */
#define MANY_PLACES 8

typedef struct {
    HfCheck *c;
    HfUses *uses;
    HfPhases *phases;
} Run;

/* A plain access and the atomic one it may meet. */
typedef struct {
    const HfThing *thing;
    const HfSeen *plain, *atomic;
    HfMeet meet;
    HfAlias alias;
    HfTier tier;
    const char *shape;
} Fault;

/* ---- what is looked at --------------------------------------------------- */

static gboolean changes(const HfAccess *a)
{
    return a->kind == HF_EV_RMW || a->kind == HF_EV_ATOMIC_RMW;
}

static gboolean worth_judging(const Run *r, const HfThing *thing)
{
    const HfSubject *s = &thing->subject;
    guint32 flags = s->field
                        ? HF_PROGRAM_FIELD(r->c->program, s->field)->type_flags
                        : HF_PROGRAM_SYM(r->c->program, s->var)->type_flags;

    return thing->n_atomic && thing->n_atomic < thing->seen->len &&
           !(flags & HF_TYPE_ATOMIC && !s->pointee);
}

/* A first guess that an atomic exchange right behind it checks. */
static gboolean is_guess(const Run *r, const HfThing *thing,
                         const HfSeen *plain)
{
    const GArray *all = plain->flow->accesses;

    for (guint i = 0; !hf_guard_is_write(plain->access) && i < all->len;
         i++) {
        const HfAccess *a = &g_array_index(all, HfAccess, i);

        if (a->kind == HF_EV_ATOMIC_RMW && a->event > plain->access->event &&
            hf_access_key(r->c, a) == thing->key) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A count that all others add to or take from is set to one: the first
 * reference to a new object, which is its maker's. */
static gboolean is_first_reference(const HfThing *thing, const HfSeen *plain)
{
    const HfEvent *e = hf_flow_event(plain->flow, plain->access->event);
    const HfPath *value = &plain->flow->unit->facts->paths[e->value];
    guint counts = 0;

    if (e->kind != HF_EV_WRITE || value->kind != HF_PATH_CONST ||
        value->value != 1) {
        return FALSE;
    }
    for (guint i = 0; i < thing->seen->len; i++) {
        const HfAccess *a = g_array_index(thing->seen, HfSeen, i).access;

        if (a->kind == HF_EV_ATOMIC_WRITE) {
            return FALSE;
        }
        counts += a->kind == HF_EV_ATOMIC_RMW;
    }
    return counts >= 2;
}

/* ---- how bad it is ------------------------------------------------------- */

/* Where the value is looked at in the branch that follows. */
typedef enum { LOOK_ELSE, LOOK_SPIN, LOOK_ASSERT } Look;

static gboolean never_returns(const HfFacts *f, const HfFunction *fn, HfId to)
{
    return to != fn->first_block + 1 && f->blocks[to].n_edges == 0;
}

static gboolean comes_back(const HfFacts *f, HfId to, HfId block)
{
    return to == block ||
           (f->blocks[to].n_events == 0 && f->blocks[to].n_edges == 1 &&
            f->edges[f->blocks[to].first_edge].to == block);
}

/* The block moves on to another object before it looks again. */
static gboolean moves_on(const HfFacts *f, const HfBlock *b, HfId path)
{
    while (f->paths[path].parent) {
        path = f->paths[path].parent;
    }
    for (uint32_t i = 0; i < b->n_events; i++) {
        const HfEvent *e = &f->events[b->first_event + i];

        if (e->path == path &&
            (e->kind == HF_EV_WRITE || e->kind == HF_EV_RMW)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* SPIN: in a loop with an empty body, where nothing makes the compiler read
 * it more than once.  ASSERT: or else the program ends. */
static Look looked_at(const HfSeen *seen)
{
    const HfFacts *f = seen->flow->unit->facts;
    const HfFunction *fn = seen->flow->fn;
    uint32_t at = fn->first_event + seen->access->event;

    for (uint32_t i = 0; i < fn->n_blocks; i++) {
        const HfBlock *b = &f->blocks[fn->first_block + i];

        if (at < b->first_event || at >= b->first_event + b->n_events) {
            continue;
        }
        for (uint32_t k = 0; k < b->n_edges; k++) {
            const HfEdge *e = &f->edges[b->first_edge + k];

            if (e->cond && comes_back(f, e->to, fn->first_block + i) &&
                !moves_on(f, b, f->events[at].path)) {
                return LOOK_SPIN;
            }
            if (e->cond && never_returns(f, fn, e->to)) {
                return LOOK_ASSERT;
            }
        }
    }
    return LOOK_ELSE;
}

/* Read and then written: an update that another one can come between. */
static gboolean updates(const Fault *k)
{
    const HfAccess *p = k->plain->access;

    if (p->kind == HF_EV_RMW) {
        return TRUE;
    }
    for (guint i = 0; i < k->thing->seen->len; i++) {
        const HfSeen *s = &g_array_index(k->thing->seen, HfSeen, i);

        if (s->flow == k->plain->flow && s->access->kind == HF_EV_READ &&
            s->access->event < p->event) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Where plain accesses are the rule, the atomic one may be about another
 * object of the type, or is the odd one out; a mere store is most likely where
 * the object is made. */
static HfTier write_tier(const Fault *k)
{
    guint n = k->thing->n_atomic, all = k->thing->seen->len;
    gboolean sure = k->meet.verdict == HF_PARALLEL_YES;
    gboolean mostly = n * 2 > all, update = updates(k);
    gboolean lost = changes(k->atomic->access) || changes(k->plain->access);

    if (!hf_guard_is_write(k->atomic->access) || n * 4 < all ||
        k->alias == HF_ALIAS_UNSURE) {
        return HF_TIER_LOW;
    }
    if (update && lost) {
        return sure && n * 2 >= all ? HF_TIER_HIGH
               : sure || n * 2 >= all ? HF_TIER_MEDIUM : HF_TIER_LOW;
    }
    return sure && mostly ? HF_TIER_MEDIUM : HF_TIER_LOW;
}

/* The function that reads it plainly writes it as well, atomically: it knows
 * what it wrote. */
static gboolean other_writes(const Fault *k)
{
    for (guint i = 0; i < k->thing->seen->len; i++) {
        const HfSeen *s = &g_array_index(k->thing->seen, HfSeen, i);

        if (s->flow == k->plain->flow && hf_guard_is_write(s->access)) {
            return TRUE;
        }
    }
    return FALSE;
}

static HfTier read_tier(const Fault *k)
{
    Look look = looked_at(k->plain);

    if (k->alias != HF_ALIAS_YES || look == LOOK_ASSERT) {
        return HF_TIER_LOW;
    }
    return look == LOOK_SPIN ||
                   (k->meet.verdict == HF_PARALLEL_YES &&
                    k->thing->n_atomic * 2 >= k->thing->seen->len &&
                    !other_writes(k))
               ? HF_TIER_MEDIUM : HF_TIER_LOW;
}

static gboolean weigh(Fault *k)
{
    gboolean write = hf_guard_is_write(k->plain->access);

    k->shape = write ? "plain_write" : "plain_read";
    k->tier = write ? write_tier(k) : read_tier(k);
    return write || hf_guard_is_write(k->atomic->access);
}

static gboolean worse(const Fault *a, const Fault *b)
{
    if (!b->plain) {
        return TRUE;
    }
    if (a->tier != b->tier) {
        return a->tier < b->tier;
    }
    return a->meet.verdict > b->meet.verdict ||
           (a->meet.verdict == b->meet.verdict &&
            hf_guard_is_write(a->plain->access) &&
            !hf_guard_is_write(b->plain->access));
}

/* The worst that one plain access may meet. */
static gboolean judge(Run *r, const HfThing *thing, const HfSeen *plain,
                      Fault *worst)
{
    *worst = (Fault){ 0 };
    if (hf_guard_is_atomic(plain->access) ||
        hf_use_unshared(r->c, plain->flow, plain->access) ||
        hf_use_sets_up(r->c, plain) || is_guess(r, thing, plain) ||
        is_first_reference(thing, plain)) {
        return FALSE;
    }
    for (guint i = 0; i < thing->seen->len; i++) {
        Fault k = { .thing = thing, .plain = plain,
                    .atomic = &g_array_index(thing->seen, HfSeen, i) };

        if (!hf_guard_is_atomic(k.atomic->access) ||
            (!hf_guard_is_write(plain->access) &&
             !hf_guard_is_write(k.atomic->access)) ||
            hf_use_unshared(r->c, k.atomic->flow, k.atomic->access)) {
            continue;
        }
        k.alias = hf_use_alias(r->c, plain, k.atomic);
        if (k.alias == HF_ALIAS_NO) {
            continue;
        }
        k.meet = hf_use_meet(r->c, r->phases, plain, k.atomic);
        if (k.meet.verdict != HF_PARALLEL_NO && weigh(&k) &&
            worse(&k, worst)) {
            *worst = k;
        }
    }
    return worst->plain != NULL;
}

/* ---- the report ---------------------------------------------------------- */

static const char *verb(const HfAccess *a)
{
    return changes(a) ? "changed" : hf_guard_is_write(a) ? "written" : "read";
}

static void tell_roles(const Run *r, HfFinding *f, const HfMeet *m)
{
    const char *a = hf_use_role(r->c, m->a), *b = hf_use_role(r->c, m->b);

    if (a && b && m->verdict == HF_PARALLEL_YES) {
        hf_finding_reason(f, "both may run at the same time: %s and %s", a,
                          b);
    } else {
        hf_finding_reason(f, "nothing is known to keep them apart");
    }
}

static void tell_place(HfFinding *f, const HfSeen *seen, const char *tag,
                       const char *how)
{
    g_autofree char *text = hf_check_access_text(seen->flow, seen->access);
    HfPlace at = hf_check_place(seen->flow, seen->access->event);

    hf_finding_event(f, &at, tag, 0, "\"%s\" is %s %s.", text,
                     verb(seen->access), how);
}

static HfFinding *report(Run *r, const Fault *k)
{
    HfFinding *f = hf_check_finding(r->c, k->plain->flow, k->shape);
    g_autofree char *text =
        hf_check_access_text(k->plain->flow, k->plain->access);
    HfPlace at = hf_check_place(k->plain->flow, k->plain->access->event);

    hf_finding_main(f, &at, "mixed_atomic", 0,
                    "\"%s\" is %s plainly, while \"%s\" may have it %s "
                    "atomically at the same time.", text,
                    verb(k->plain->access),
                    HF_PROGRAM_SYM(r->c->program, k->atomic->flow->sym)->name,
                    verb(k->atomic->access));
    tell_place(f, k->atomic, "example_access", "atomically");
    hf_finding_reason(f, "%u of %u accesses are atomic", k->thing->n_atomic,
                      k->thing->seen->len);
    if (hf_guard_is_write(k->plain->access) && changes(k->atomic->access)) {
        hf_finding_reason(f, "what the other changes may be overwritten");
    }
    tell_roles(r, f, &k->meet);
    if (k->alias == HF_ALIAS_UNSURE) {
        hf_finding_reason(f, "it may be another object of that type");
    }
    f->tier = k->tier;
    if (f->tier != HF_TIER_LOW && hf_said_unlocked(&at)) {
        hf_finding_reason(f, "a comment says that this is safe");
        f->tier = HF_TIER_LOW;
    }
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(r->c, k->thing->subject.object);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(k->shape);
    return f;
}

static void check_thing(Run *r, const HfThing *thing)
{
    Fault worst = { 0 }, *all = g_new0(Fault, thing->seen->len);
    guint told = 0;
    HfFinding *f;

    for (guint i = 0; i < thing->seen->len; i++) {
        if (judge(r, thing, &g_array_index(thing->seen, HfSeen, i),
                  &all[i]) && worse(&all[i], &worst)) {
            worst = all[i];
        }
    }
    if (worst.plain) {
        f = report(r, &worst);
        for (guint i = 0; i < thing->seen->len && told < MANY_PLACES; i++) {
            if (all[i].plain && all[i].plain != worst.plain) {
                tell_place(f, all[i].plain, "note", "plainly here as well");
                told++;
            }
        }
        hf_findings_add(r->c->findings, f);
    }
    g_free(all);
}

/* ---- reading and writing apart ------------------------------------------- */

/* The value is made of what was read from that path. */
static const HfEvent *made_of(const HfFlow *flow, HfId value, HfId path,
                              int depth)
{
    const HfPath *paths = flow->unit->facts->paths;

    while (paths[value].kind == HF_PATH_COMPUTED) {
        value = paths[value].parent;
    }
    for (uint32_t i = 0; paths[value].kind == HF_PATH_LOCAL && depth &&
                         i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        const HfEvent *read;

        if (e->kind != HF_EV_WRITE || e->path != value || !e->value) {
            continue;
        }
        if (e->value == path) {
            return e;
        }
        read = made_of(flow, e->value, path, depth - 1);
        if (read) {
            return read;
        }
    }
    return NULL;
}

static gboolean is_computed(const HfFlow *flow, HfId value, int depth)
{
    const HfPath *paths = flow->unit->facts->paths;

    if (paths[value].kind != HF_PATH_LOCAL) {
        return paths[value].kind == HF_PATH_COMPUTED;
    }
    for (uint32_t i = 0; depth && i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->path == value &&
            (e->kind == HF_EV_RMW ||
             (e->kind == HF_EV_WRITE && e->value &&
              is_computed(flow, e->value, depth - 1)))) {
            return TRUE;
        }
    }
    return FALSE;
}

static void check_update(Run *r, const HfThing *thing, const HfSeen *write)
{
    const HfEvent *e = hf_flow_event(write->flow, write->access->event);
    Fault k = { .thing = thing, .plain = write };
    HfFinding *f;
    HfPlace at;
    g_autofree char *text = NULL;

    if (write->access->kind != HF_EV_ATOMIC_WRITE || !e->value ||
        !is_computed(write->flow, e->value, 3) ||
        !made_of(write->flow, e->value, e->path, 3) ||
        hf_use_unshared(r->c, write->flow, write->access)) {
        return;
    }
    for (guint i = 0; i < thing->seen->len; i++) {
        const HfSeen *other = &g_array_index(thing->seen, HfSeen, i);
        HfMeet m;

        if (!hf_guard_is_write(other->access) ||
            hf_use_unshared(r->c, other->flow, other->access)) {
            continue;
        }
        m = hf_use_meet(r->c, r->phases, write, other);
        if (m.verdict > k.meet.verdict) {
            k.meet = m;
            k.atomic = other;
        }
    }
    if (k.meet.verdict == HF_PARALLEL_NO) {
        return;
    }
    f = hf_check_finding(r->c, write->flow, "lost_update");
    text = hf_check_access_text(write->flow, write->access);
    at = hf_check_place(write->flow, write->access->event);
    hf_finding_main(f, &at, "mixed_atomic", 0,
                    "\"%s\" is read atomically and written atomically, but "
                    "what others write in between is lost.", text);
    tell_place(f, k.atomic, "example_access", "here");
    tell_roles(r, f, &k.meet);
    f->tier = k.meet.verdict == HF_PARALLEL_YES ? HF_TIER_MEDIUM
                                                : HF_TIER_LOW;
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(r->c, thing->subject.object);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup("lost_update");
    hf_findings_add(r->c->findings, f);
}

static void run_mixed(HfCheck *c)
{
    Run r = { .c = c, .uses = hf_uses_new(c),
              .phases = c->solved->phases };

    for (guint i = 0; i < r.uses->things->len; i++) {
        const HfThing *thing = g_ptr_array_index(r.uses->things, i);

        for (guint k = 0; thing->n_atomic && k < thing->seen->len; k++) {
            check_update(&r, thing, &g_array_index(thing->seen, HfSeen, k));
        }
        if (worth_judging(&r, thing)) {
            check_thing(&r, thing);
        }
    }
    hf_uses_free(r.uses);
}

const HfChecker hf_checker_mixed_atomic = {
    .name = "MIXED_ATOMIC",
    .summary = "plain access to what is accessed atomically elsewhere",
    .cwe = 366,
    .impact = HF_IMPACT_MEDIUM,
    .run = run_mixed,
};
