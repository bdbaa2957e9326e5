/* SPDX-License-Identifier: MIT */
/* Roles: collected once, before the contexts. */
#include "solve/roles.h"
#include "solve/blocks.h"

#include <string.h>

static const char *const kinds[] = {
    [HF_RUN_CALL] = "call", [HF_RUN_THREAD] = "thread",
    [HF_RUN_BH] = "bottom half", [HF_RUN_TIMER] = "timer",
    [HF_RUN_FD] = "fd handler", [HF_RUN_COROUTINE] = "coroutine",
    [HF_RUN_RCU] = "rcu", [HF_RUN_POOL] = "thread pool",
    [HF_RUN_SIGNAL] = "signal", [HF_RUN_ATEXIT] = "atexit",
};

const char *hf_role_kind_text(HfRunKind run)
{
    return kinds[run];
}

static HfRole *role_at(const HfSolved *s, int id)
{
    return &g_array_index(s->roles, HfRole, id);
}

static int find_role(const HfSolved *s, const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(s->role_ids, name)) - 1;
}

static int make_role(HfSolved *s, const char *name, HfRunKind run)
{
    HfRole role = {
        .name = g_strdup(name), .run = run, .count = HF_ROLE_EVENTS,
        .entries = g_array_new(FALSE, FALSE, sizeof(HfSymId)),
        .starts = g_array_new(FALSE, FALSE, sizeof(HfRolePoint)),
        .joins = g_array_new(FALSE, FALSE, sizeof(HfRolePoint)),
    };
    int id = find_role(s, name);

    if (id >= 0) {
        g_array_unref(role.entries);
        g_array_unref(role.starts);
        g_array_unref(role.joins);
        g_free(role.name);
        return id;
    }
    g_array_append_val(s->roles, role);
    g_hash_table_insert(s->role_ids, role.name,
                        GINT_TO_POINTER((int)s->roles->len));
    return (int)s->roles->len - 1;
}

static void add_entry(HfSolved *s, int id, HfSymId sym, HfRunKind run)
{
    GArray *entries = role_at(s, id)->entries;
    guint at = 0;

    if (!s->flows[sym]) {
        return;
    }
    s->runs[sym] |= 1u << run;
    while (at < entries->len && g_array_index(entries, HfSymId, at) < sym) {
        at++;
    }
    if (at == entries->len || g_array_index(entries, HfSymId, at) != sym) {
        g_array_insert_val(entries, at, sym);
    }
    if (run == HF_RUN_THREAD && s->thread_role[sym] < 0) {
        s->thread_role[sym] = id;
    }
}

/* ---- by rule and by annotation ------------------------------------------ */

static void by_rule(HfSolved *s)
{
    const HfProgram *p = s->program;

    for (guint i = 0; i < p->rules->roles->len; i++) {
        const HfRoleRule *rule = g_ptr_array_index(p->rules->roles, i);
        int id = make_role(s, rule->name, HF_RUN_THREAD);

        role_at(s, id)->rule = rule;
        role_at(s, id)->unique = rule->unique;
        role_at(s, id)->count = HF_ROLE_DECLARED;
        for (guint k = 0; rule->entries && k < rule->entries->len; k++) {
            const char *pattern = g_ptr_array_index(rule->entries, k);

            for (guint n = 1; n < p->symbols->len; n++) {
                if (s->flows[n] && g_pattern_match_simple(
                        pattern, HF_PROGRAM_SYM(p, n)->name)) {
                    add_entry(s, id, n, HF_RUN_THREAD);
                }
            }
        }
    }
}

/* ROLE_ENTRY(name): what the role is called goes with its object. */
static void by_annotation(HfSolved *s)
{
    const HfProgram *p = s->program;

    for (guint i = 0; i < p->functions->len; i++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i);
        const HfContract *k = hf_contract_of(s->contracts, sym);

        for (guint n = 0; HF_CONTRACT_HAS(k, HF_EFF_ROLE) &&
                          n < k->clauses->len; n++) {
            const HfClause *cl = &g_array_index(k->clauses, HfClause, n);
            g_autofree char *name = NULL;

            if (cl->kind == HF_EFF_ROLE && cl->text) {
                name = g_strstrip(g_strdup(cl->text + (*cl->text == '&')));
                add_entry(s, make_role(s, name, HF_RUN_THREAD), sym,
                          HF_RUN_THREAD);
            }
        }
    }
}

/* ---- by what calls are given -------------------------------------------- */

/* A function that runs in another role still has its own, if it has one. */
int hf_role_of_callback(const HfSolved *s, const HfEffect *e, HfSymId entry)
{
    int id;

    if (e->run == HF_RUN_THREAD && s->thread_role[entry] >= 0) {
        return s->thread_role[entry];
    }
    id = find_role(s, e->role ? e->role
                   : e->run == HF_RUN_THREAD
                       ? HF_PROGRAM_SYM(s->program, entry)->name
                       : kinds[e->run]);
    g_assert(id >= 0);
    return id;
}

static HfHandle handle_of(const HfSolved *s, HfSymId in, HfX object)
{
    HfHandle h = { .in = in, .object = object };
    const HfXNode *n = hf_x(s->exprs, object);

    while (n->kind == HF_X_INDEX || n->kind == HF_X_DEREF) {
        object = n->parent;
        n = hf_x(s->exprs, object);
    }
    if (n->kind == HF_X_FIELD) {
        h.field = n->ref;
    } else if (n->kind == HF_X_GLOBAL) {
        h.var = n->ref;
    }
    return h;
}

gboolean hf_handle_same(const HfHandle *a, const HfHandle *b)
{
    if (!a->object || !b->object) {
        return FALSE;
    }
    if (a->field || b->field) {
        return a->field == b->field;
    }
    if (a->var || b->var) {
        return a->var == b->var;
    }
    return a->in == b->in && a->object == b->object;
}

/* Where the result of a call is put. */
static HfX result_place(const HfFlow *f, uint32_t event)
{
    const HfFacts *facts = f->unit->facts;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfEvent *e;

        if (a->event <= event) {
            continue;
        }
        e = hf_flow_event(f, a->event);
        if (e->kind == HF_EV_WRITE &&
            facts->paths[e->value].kind == HF_PATH_TEMP &&
            facts->paths[e->value].ref == f->fn->first_event + event) {
            return a->path;
        }
    }
    return 0;
}

static HfX argument(const HfFlow *f, const HfCall *call, int arg)
{
    return arg >= 0 && (guint)arg < call->n_args
               ? g_array_index(f->args, HfX, call->first_arg + arg) : 0;
}

static void add_point(GArray *points, const HfRolePoint *p)
{
    guint at = 0;

    for (; at < points->len; at++) {
        const HfRolePoint *have = &g_array_index(points, HfRolePoint, at);

        if (have->in == p->in && have->event == p->event &&
            have->entry == p->entry) {
            return;
        }
        if (have->in > p->in ||
            (have->in == p->in && have->event > p->event)) {
            break;
        }
    }
    g_array_insert_val(points, at, *p);
}

/* The parameter that an argument of the call just hands on; -1 none. */
static int handed_on(const HfSolved *s, const HfFlow *f, const HfCall *call,
                     int arg)
{
    const HfXNode *n = hf_x(s->exprs, argument(f, call, arg));

    return n->kind == HF_X_PARAM ? (int)n->ref : -1;
}

static gboolean names_function(const HfSolved *s, HfX x, HfSymId sym)
{
    const HfXNode *n = hf_x(s->exprs, x);

    while (n->kind == HF_X_ADDR || n->kind == HF_X_DEREF) {
        n = hf_x(s->exprs, n->parent);
    }
    return n->kind == HF_X_FUNCTION && n->ref == sym;
}

/* A thread of entry is started where a wrapper's caller names the function:
 * in that caller, with what it says of data and handle. */
#define MAX_WRAPPERS 3

static void add_start(HfSolved *s, int role, HfRolePoint p, int param,
                      int depth);

static void start_in_callers(HfSolved *s, int role, const HfRolePoint *p,
                             int param, int depth)
{
    const GArray *sites = s->program->callers[p->in];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *f = s->flows[site->caller];
        const HfCall *call =
            hf_flow_call(f, site->event - f->fn->first_event);
        HfRolePoint up = { .in = f->sym, .entry = p->entry };
        const HfX *args;
        HfX handle;
        int further;

        if (!call || (guint)param >= call->n_args) {
            continue;
        }
        further = handed_on(s, f, call, param);
        if (further < 0 && !names_function(s, argument(f, call, param),
                                           p->entry)) {
            continue;
        }
        args = &g_array_index(f->args, HfX, call->first_arg);
        up.event = call->event;
        up.data = p->data ? hf_x_to_caller(s->exprs, p->data, args,
                                           call->n_args) : 0;
        handle = p->handle.object
                     ? hf_x_to_caller(s->exprs, p->handle.object, args,
                                      call->n_args) : 0;
        up.handle = handle ? handle_of(s, f->sym, handle) : p->handle;
        add_start(s, role, up, further, depth + 1);
    }
}

static void add_start(HfSolved *s, int role, HfRolePoint p, int param,
                      int depth)
{
    if (param >= 0 && depth < MAX_WRAPPERS && s->program->callers[p.in]) {
        start_in_callers(s, role, &p, param, depth);
    } else {
        add_point(role_at(s, role)->starts, &p);
    }
}

static void started(HfSolved *s, const HfFlow *f, const HfCall *call,
                    const HfEffect *e, HfSymId entry)
{
    int role = hf_role_of_callback(s, e, entry);
    HfX handle = argument(f, call, e->handle_arg);
    HfRolePoint p = { .in = f->sym, .event = call->event, .entry = entry,
                      .data = argument(f, call, e->data_arg) };

    handle = e->handle_arg == -1 ? result_place(f, call->event)
             : handle ? hf_x_deref(s->exprs, handle) : 0;
    if (handle) {
        p.handle = handle_of(s, f->sym, handle);
    }
    add_start(s, role, p, handed_on(s, f, call, e->arg), 0);
}

/* ---- trampolines -------------------------------------------------------- */

/* What every thread of a program starts in, which calls the function it was
 * given: threads start in those functions, too. */
static gboolean from_data(const HfSolved *s, HfX callee)
{
    const HfXNode *root = hf_x(s->exprs, hf_x_root(s->exprs, callee));

    return root->kind == HF_X_PARAM && root->ref == 0;
}

/* The parameter that the function puts into such a member; -1 none. */
static int put_into(const HfSolved *s, const HfFlow *f, HfFieldId slot)
{
    const HfFacts *facts = f->unit->facts;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfEvent *e = hf_flow_event(f, a->event);
        const HfXNode *n = hf_x(s->exprs, a->path);
        const HfPath *value = &facts->paths[e->value];

        if (e->kind == HF_EV_WRITE && n->kind == HF_X_FIELD &&
            n->ref == slot && value->kind == HF_PATH_LOCAL &&
            value->ref - f->fn->first_local < f->fn->n_params) {
            return (int)(value->ref - f->fn->first_local);
        }
    }
    return -1;
}

static void through_trampoline(HfSolved *s, HfSymId trampoline,
                               const HfRolePoint *via)
{
    const HfFlow *f = s->flows[trampoline];

    for (guint i = 0; f && i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(s, f, call, &targets, &slot);

        if (!slot || !from_data(s, call->callee)) {
            continue;
        }
        for (guint k = 0; k < n; k++) {
            int role = s->thread_role[targets[k]];
            int param = put_into(s, s->flows[via->in], slot);
            HfRolePoint p = { .in = via->in, .event = via->event,
                              .entry = targets[k], .handle = via->handle };

            if (role < 0 && s->runs[targets[k]]) {
                continue; /* work that is handed to a thread, time and again */
            }
            if (role < 0) {
                role = make_role(s, HF_PROGRAM_SYM(s->program,
                                                   targets[k])->name,
                                 HF_RUN_THREAD);
            }
            add_entry(s, role, targets[k], HF_RUN_THREAD);
            if (param >= 0) {
                start_in_callers(s, role, &p, param, 0);
            }
        }
    }
}

/* ---- joins -------------------------------------------------------------- */

static void add_joins(HfSolved *s, const HfFlow *f, const HfCall *call,
                      const HfHandle *h)
{
    HfRolePoint p = { .in = f->sym, .event = call->event, .handle = *h };

    for (guint i = 0; i < s->roles->len; i++) {
        const HfRole *role = role_at(s, i);

        for (guint k = 0; k < role->starts->len; k++) {
            if (hf_handle_same(&g_array_index(role->starts, HfRolePoint,
                                              k).handle, h)) {
                add_point(role->joins, &p);
                break;
            }
        }
    }
}

/* The handle by value, or what points to it. */
static void joined(HfSolved *s, const HfFlow *f, const HfCall *call)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfContract *k =
        e->kind == HF_EV_CALL
            ? hf_contract_of(s->contracts, f->unit->symbols[e->sym]) : NULL;

    for (guint i = 0; HF_CONTRACT_HAS(k, HF_EFF_JOIN) &&
                      i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        HfX x = cl->kind == HF_EFF_JOIN ? argument(f, call, cl->arg) : 0;

        if (x) {
            HfHandle h = handle_of(
                s, f->sym, hf_x(s->exprs, x)->kind == HF_X_ADDR
                               ? hf_x_deref(s->exprs, x) : x);

            add_joins(s, f, call, &h);
        }
    }
}

/* ---- how many ----------------------------------------------------------- */

/* The function runs once in the life of the program: called from one place,
 * in no loop, up to an entry of a role that is there once. */
static gboolean runs_once(const HfSolved *s, HfSymId sym, int depth)
{
    const GArray *sites = s->program->callers[sym];
    const HfCallSite *site;
    int role = s->thread_role[sym];

    if (s->runs[sym] & ~(1u << HF_RUN_THREAD) || depth > 16) {
        return FALSE;
    }
    if (!sites || !sites->len) {
        return role >= 0 && role_at(s, role)->unique;
    }
    site = &g_array_index(sites, HfCallSite, 0);
    return sites->len == 1 && role < 0 &&
           !HF_PROGRAM_SYM(s->program, sym)->address_taken &&
           !hf_event_in_loop(s->flows[site->caller],
                             site->event -
                                 s->flows[site->caller]->fn->first_event) &&
           runs_once(s, site->caller, depth + 1);
}

static void count(HfSolved *s, HfRole *role)
{
    const HfRolePoint *first;

    if (role->count == HF_ROLE_DECLARED || role->run != HF_RUN_THREAD) {
        return;
    }
    if (!role->starts->len) {
        role->count = HF_ROLE_NEVER_STARTED;
        return;
    }
    first = &g_array_index(role->starts, HfRolePoint, 0);
    if (role->starts->len > 1) {
        role->count = HF_ROLE_SEVERAL_STARTS;
    } else if (hf_event_in_loop(s->flows[first->in], first->event)) {
        role->count = HF_ROLE_IN_LOOP;
    } else if (!runs_once(s, first->in, 0)) {
        role->count = HF_ROLE_STARTER_REPEATS;
    } else {
        role->count = HF_ROLE_STARTED_ONCE;
        role->unique = TRUE;
    }
}

/* ---- all of it ---------------------------------------------------------- */

typedef void (*CallFn)(HfSolved *s, const HfFlow *f, const HfCall *call);

static void each_call(HfSolved *s, CallFn fn)
{
    const GArray *order = s->program->functions;

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            fn(s, f, &g_array_index(f->calls, HfCall, k));
        }
    }
}

static void callbacks(HfSolved *s, const HfFlow *f, const HfCall *call)
{
    GArray *all = hf_callbacks_of(s, f, call);

    for (guint i = 0; all && i < all->len; i++) {
        const HfCallback *c = &g_array_index(all, HfCallback, i);
        const HfEffect *e = c->effect;
        HfRunKind run = e->run;
        int id = run == HF_RUN_THREAD ? s->thread_role[c->target] : -1;

        if (run == HF_RUN_CALL) {
            s->runs[c->target] |= 1u << run;
            continue;
        }
        if (id < 0) {
            id = make_role(s, e->role ? e->role
                           : run == HF_RUN_THREAD
                               ? HF_PROGRAM_SYM(s->program, c->target)->name
                               : kinds[run], run);
        }
        add_entry(s, id, c->target, run);
        if (run == HF_RUN_THREAD) {
            started(s, f, call, e, c->target);
        }
    }
    if (all) {
        g_array_unref(all);
    }
}

void hf_roles_collect(HfSolved *s)
{
    guint n = s->program->symbols->len;
    GArray *direct;

    s->roles = g_array_new(FALSE, FALSE, sizeof(HfRole));
    s->role_ids = g_hash_table_new(g_str_hash, g_str_equal);
    s->runs = g_new0(guint16, n);
    s->thread_role = g_new(int, n);
    for (guint i = 0; i < n; i++) {
        s->thread_role[i] = -1;
    }
    by_rule(s);
    by_annotation(s);
    each_call(s, callbacks);
    direct = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
    for (guint i = 0; i < s->roles->len; i++) {
        const GArray *starts = role_at(s, i)->starts;

        if (starts->len) {
            g_array_append_vals(direct, starts->data, starts->len);
        }
    }
    for (guint i = 0; i < direct->len; i++) {
        const HfRolePoint *p = &g_array_index(direct, HfRolePoint, i);

        through_trampoline(s, p->entry, p);
    }
    g_array_unref(direct);
    each_call(s, joined);
    /* a role that is there once may start others: the order is theirs */
    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < s->roles->len; i++) {
            count(s, role_at(s, i));
        }
    }
}

gboolean hf_role_is_entry(const HfSolved *s, HfSymId sym)
{
    return s->runs[sym] != 0;
}

void hf_roles_clear(HfSolved *s)
{
    for (guint i = 0; i < s->roles->len; i++) {
        HfRole *role = role_at(s, i);

        g_free(role->name);
        g_array_unref(role->entries);
        g_array_unref(role->starts);
        g_array_unref(role->joins);
    }
    g_array_unref(s->roles);
    g_hash_table_unref(s->role_ids);
    g_free(s->runs);
    g_free(s->thread_role);
}
