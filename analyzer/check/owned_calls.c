/* SPDX-License-Identifier: MIT */
/*
 * owned_calls.c - what a call does with the object it is passed: by contract,
 * by the callee's body, or by guess where neither is known.
 */
#include "check/owned_walk.h"

#include <string.h>

/* A function pointer that may call more than these is not looked through. */
#define MAX_TARGETS 8

#define ALL_OF(fate)                                                      \
    (HF_OWNED_WAY(HF_SIGN_ANY, fate) | HF_OWNED_WAY(HF_SIGN_NEGATIVE, fate) | \
     HF_OWNED_WAY(HF_SIGN_ZERO, fate) |                                   \
     HF_OWNED_WAY(HF_SIGN_POSITIVE, fate) |                               \
     HF_OWNED_WAY(HF_SIGN_NONZERO, fate))

static HfId argument(const HfOwnedWalk *w, const HfEvent *e, guint i)
{
    return w->f->args[e->first_arg + i];
}

/* ---- contracts ---------------------------------------------------------- */

static const HfContract *contract_of(const HfOwnedWalk *w, const HfEvent *e,
                                     HfSymId sym)
{
    HfFieldId slot = 0;

    if (sym) {
        return hf_contract_of(w->o->c->solved->contracts, sym);
    }
    hf_program_targets(w->o->c->program, w->flow->unit, w->flow->sym, e,
                       &slot);
    return slot ? hf_contract_of_field(w->o->c->solved->contracts, slot)
                : NULL;
}

/* A clause names an argument; by a name that nothing resolves, any. */
static gboolean is_about(const HfOwnedWalk *w, const HfOwnedState *s,
                         const HfEvent *e, const HfClause *cl)
{
    if (cl->arg >= 0) {
        return (guint)cl->arg < e->n_args &&
               hf_owned_is_object(w, &s->k, argument(w, e, cl->arg));
    }
    for (guint i = 0; cl->arg == HF_ARG_BY_NAME && i < e->n_args; i++) {
        if (hf_owned_is_object(w, &s->k, argument(w, e, i))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* TRUE: the contract said what becomes of it. */
static gboolean by_contract(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                            const HfContract *k)
{
    const HfEvent *e = hf_flow_event(w->flow, event);
    gboolean freed = FALSE;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (!is_about(w, s, e, cl)) {
            continue;
        }
        if (cl->kind == HF_EFF_PAIR_CLOSE &&
            strcmp(cl->effect->cap, w->pair) == 0) {
            s->k.fate = HF_FATE_CLOSED;
            g_hash_table_add(w->closers, GUINT_TO_POINTER(event));
            return TRUE;
        }
        if (cl->kind == HF_EFF_RETURNS_ARG) {
            s->k.result = event + 1;
            return TRUE;
        }
        freed |= cl->kind == HF_EFF_FREE;
    }
    if (freed && HF_CONTRACT_HAS(k, HF_EFF_ALLOC)) {
        s->k.result = event + 1; /* moved to where there is more room */
        s->k.names = 0;
    } else if (freed) {
        s->k.fate = HF_FATE_FREED;
        if (w->opening.event != UINT32_MAX) {
            hf_owned_lost(w, s, HF_LOST_FREED, event);
        }
    }
    return freed;
}

/* ---- code that is not seen ----------------------------------------------- */

/* Spelled type of a parameter in "int (const char *, void *)"; NULL none. */
static char *param_type(const char *type, guint n)
{
    const char *at = strchr(type, '(');
    const char *start;
    int depth = 0;

    for (start = at ? ++at : NULL; at && *at; at++) {
        if ((*at == ',' || *at == ')') && depth == 0) {
            if (n-- == 0) {
                return g_strndup(start, at - start);
            }
            start = at + 1;
        }
        depth += *at == '(';
        depth -= *at == ')';
        if (depth < 0) {
            return NULL;
        }
    }
    return NULL;
}

/* A pointer to const, and anything printed, stays where it is. */
static gboolean only_looks(const HfOwnedWalk *w, HfSymId sym, guint arg)
{
    const HfProgSymbol *ps = HF_PROGRAM_SYM(w->o->c->program, sym);
    g_autofree char *type = NULL;
    const char *text;

    if (ps->flags & HF_SYM_VARIADIC && arg >= ps->n_params) {
        return TRUE;
    }
    type = param_type(ps->type ? ps->type : "", arg);
    if (!type) {
        return FALSE;
    }
    text = g_strchug(type);
    return g_str_has_prefix(text, "const ") ||
           strcmp(text, "gconstpointer") == 0;
}

/* What only locks, initialises or overwrites what it is given. */
static gboolean is_harmless(const HfOwnedWalk *w, HfSymId sym)
{
    const HfContract *k = hf_contract_of(w->o->c->solved->contracts, sym);
    const guint64 harmless = HF_LOCK_EFFECTS | 1ull << HF_EFF_INIT |
                             1ull << HF_EFF_DESTROY | 1ull << HF_EFF_FILL |
                             1ull << HF_EFF_STRING_COPY |
                             1ull << HF_EFF_STRING_COPY_TRUNCATING;

    return k && k->kinds & harmless && !HF_CONTRACT_HAS(k, HF_EFF_CALLBACK);
}

static guint32 ways_of(const HfOwnedWalk *w, HfSymId sym, guint arg)
{
    const HfProgSymbol *ps = HF_PROGRAM_SYM(w->o->c->program, sym);
    const HfFlow *flow = w->o->c->solved->flows[sym];

    if (ps->flags & HF_SYM_VARIADIC && arg >= ps->n_params) {
        return HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_KEPT);
    }
    if (!flow || flow->skip) {
        return is_harmless(w, sym) || only_looks(w, sym, arg)
                   ? HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_KEPT)
                   : HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_STORED);
    }
    return hf_owned_summary(w->o, sym, arg, w->pair)->ways;
}

/* ---- callees ------------------------------------------------------------ */

static guint32 ways_of_targets(const HfOwnedWalk *w, const HfEvent *e,
                               HfSymId sym, guint arg)
{
    const GArray *t;
    guint32 ways = 0;

    if (sym) {
        return ways_of(w, sym, arg);
    }
    t = hf_program_targets(w->o->c->program, w->flow->unit, w->flow->sym, e,
                           NULL);
    if (t->len == 0 || t->len > MAX_TARGETS) {
        return HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_STORED);
    }
    for (guint i = 0; i < t->len; i++) {
        ways |= ways_of(w, g_array_index(t, HfSymId, i), arg);
    }
    return ways;
}

/* A number is copied; only what is said to give it back does. */
static gboolean is_number(const HfOwnedWalk *w, HfId path)
{
    const HfPath *p = &w->f->paths[path];

    return p->kind == HF_PATH_LOCAL &&
           w->f->locals[p->ref].type_flags & HF_TYPE_INTEGRAL;
}

/* Of all arguments that are the object; 0 when the callee does not return. */
static guint32 ways_of_call(const HfOwnedWalk *w, const HfOwnedState *s,
                            const HfEvent *e, HfSymId sym)
{
    guint32 ways = ALL_OF(HF_FATE_KEPT);
    gboolean passed = FALSE;

    for (guint i = 0; i < e->n_args; i++) {
        guint32 one;

        if (!hf_owned_is_object(w, &s->k, argument(w, e, i))) {
            continue;
        }
        one = is_number(w, argument(w, e, i))
                  ? HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_KEPT)
                  : ways_of_targets(w, e, sym, i);
        if (!passed || !(ways & ~ALL_OF(HF_FATE_KEPT))) {
            ways = one;
        } else if (one & ~ALL_OF(HF_FATE_KEPT)) {
            return HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_STORED);
        }
        passed = TRUE;
    }
    return passed ? ways : HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_KEPT);
}

/* FALSE: cannot end this way. */
static gboolean take_way(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                         HfId result, HfSign sign, HfFate fate,
                         gboolean might_close)
{
    if (result && !hf_known_assume_sign(&s->k, result, sign)) {
        return FALSE;
    }
    switch (fate) {
    case HF_FATE_KEPT:
        s->k.through = might_close ? event + 1 : s->k.through;
        break;
    case HF_FATE_RETURNED:
        s->k.result = event + 1;
        break;
    case HF_FATE_FREED:
        s->k.fate = fate;
        if (w->opening.event != UINT32_MAX) {
            hf_owned_lost(w, s, HF_LOST_FREED, event);
        }
        break;
    default:
        s->k.fate = fate;
        g_hash_table_add(w->closers, GUINT_TO_POINTER(event));
    }
    return TRUE;
}

/*
 * A callee that says by its result that it failed keeps its hands off; one
 * that gives the same answer both when it stores the object and when it does
 * not counts what is under way, which is not followed here.
 */
static gboolean by_ways(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                        guint32 ways, GArray *more)
{
    const HfOwnedState before = *s;
    HfId result = w->results[event];
    gboolean any = FALSE;

    for (guint sign = 0; sign < HF_N_SIGNS; sign++) {
        guint32 same = ways >> sign * HF_N_FATES & ((1u << HF_N_FATES) - 1);
        gboolean might_close = (same & ~(1u << HF_FATE_KEPT)) != 0;

        if (sign != HF_SIGN_ANY && same & 1u << HF_FATE_STORED) {
            ways &= ~HF_OWNED_WAY(sign, HF_FATE_KEPT); /* on its way */
        }
        for (guint fate = 0; fate < HF_N_FATES; fate++) {
            HfOwnedState to = before;

            if (!(ways & HF_OWNED_WAY(sign, fate)) ||
                !take_way(w, &to, event, result, sign, fate, might_close)) {
                continue;
            }
            if (any) {
                g_array_append_val(more, to);
            } else {
                *s = to;
            }
            any = TRUE;
        }
    }
    return any;
}

/* ---- cleanups ----------------------------------------------------------- */

/* A function of attribute cleanup is given the address of the local. */
static HfFate fate_of_cleanup(const HfOwnedWalk *w, HfSymId sym)
{
    const HfFlow *flow = w->o->c->solved->flows[sym];
    HfFate fate = HF_FATE_STORED;

    for (guint i = 0; flow && i < flow->calls->len; i++) {
        uint32_t event = g_array_index(flow->calls, HfCall, i).event;
        const HfEvent *e = hf_flow_event(flow, event);
        const HfContract *k =
            e->kind == HF_EV_CALL
                ? hf_contract_of(w->o->c->solved->contracts,
                                 flow->unit->symbols[e->sym]) : NULL;

        if (HF_CONTRACT_HAS(k, HF_EFF_PAIR_CLOSE)) {
            return HF_FATE_CLOSED;
        }
        if (HF_CONTRACT_HAS(k, HF_EFF_FREE)) {
            fate = HF_FATE_FREED;
        }
    }
    return fate;
}

static void cleanup(HfOwnedWalk *w, HfOwnedState *s, uint32_t event)
{
    const HfEvent *e = hf_flow_event(w->flow, event);
    const HfPath *p = e->n_args ? &w->f->paths[argument(w, e, 0)] : NULL;
    HfFate fate;

    if (!p || p->kind != HF_PATH_ADDR || e->kind != HF_EV_CALL ||
        !hf_owned_is_object(w, &s->k, p->parent)) {
        return;
    }
    fate = fate_of_cleanup(w, w->flow->unit->symbols[e->sym]);
    s->k.fate = fate;
    if (fate == HF_FATE_FREED && w->opening.event != UINT32_MAX) {
        hf_owned_lost(w, s, HF_LOST_FREED,
                      s->k.left_at ? s->k.left_at - 1 : event);
    } else if (fate == HF_FATE_CLOSED) {
        g_hash_table_add(w->closers, GUINT_TO_POINTER(event));
    }
}

/* ---- the call ----------------------------------------------------------- */

static void forget_changed(HfOwnedWalk *w, HfOwnedState *s, const HfEvent *e,
                           uint32_t event)
{
    uint32_t temp = w->flow->fn->first_event + event;

    for (uint32_t i = s->k.n_known; i > 0; i--) {
        const HfPath *p = &w->f->paths[s->k.known[i - 1].path];

        if (p->kind == HF_PATH_TEMP && p->ref == temp) {
            hf_known_drop(&s->k, s->k.known[i - 1].path);
        }
    }
    for (guint i = 0; i < e->n_args; i++) {
        const HfPath *p = &w->f->paths[argument(w, e, i)];

        if (p->kind == HF_PATH_ADDR) {
            hf_known_forget(w, &s->k, p->parent);
        }
    }
    if (s->k.result == event + 1) {
        s->k.result = 0; /* another one from now on */
    }
}

gboolean hf_owned_call(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                       GArray *more)
{
    const HfEvent *e = hf_flow_event(w->flow, event);
    HfSymId sym = e->kind == HF_EV_CALL ? w->flow->unit->symbols[e->sym] : 0;
    const HfFlow *callee = sym ? w->o->c->solved->flows[sym] : NULL;
    const HfContract *k = contract_of(w, e, sym);
    guint32 ways;

    if (HF_CONTRACT_HAS(k, HF_EFF_NORETURN) ||
        (callee && !callee->skip && !callee->returns_at_all)) {
        return FALSE;
    }
    forget_changed(w, s, e, event);
    if (s->k.fate != HF_FATE_KEPT) {
        return TRUE;
    }
    if (e->flags & HF_EV_CLEANUP) {
        cleanup(w, s, event);
        return TRUE;
    }
    hf_known_result(w, &s->k, event, callee, k);
    if (by_contract(w, s, event, k)) {
        return TRUE;
    }
    ways = ways_of_call(w, s, e, sym);
    if (ways == HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_KEPT)) {
        return TRUE;
    }
    return by_ways(w, s, event, ways, more);
}
