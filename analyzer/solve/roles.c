/* SPDX-License-Identifier: MIT */
/* Roles: collected once, before the contexts. */
#include "solve/role_points.h"
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

HfRole *hf_role_at(const HfSolved *s, int id)
{
    return &g_array_index(s->roles, HfRole, id);
}

static int find_role(const HfSolved *s, const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(s->role_ids, name)) - 1;
}

int hf_role_make(HfSolved *s, const char *name, HfRunKind run)
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

void hf_role_add_entry(HfSolved *s, int id, HfSymId sym, HfRunKind run)
{
    GArray *entries = hf_role_at(s, id)->entries;
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
        int id = hf_role_make(s, rule->name, HF_RUN_THREAD);

        hf_role_at(s, id)->rule = rule;
        hf_role_at(s, id)->unique = rule->unique;
        hf_role_at(s, id)->count = HF_ROLE_DECLARED;
        for (guint k = 0; rule->entries && k < rule->entries->len; k++) {
            const char *pattern = g_ptr_array_index(rule->entries, k);

            for (guint n = 1; n < p->symbols->len; n++) {
                if (s->flows[n] && g_pattern_match_simple(
                        pattern, HF_PROGRAM_SYM(p, n)->name)) {
                    hf_role_add_entry(s, id, n, HF_RUN_THREAD);
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
                hf_role_add_entry(s, hf_role_make(s, name, HF_RUN_THREAD), sym,
                          HF_RUN_THREAD);
            }
        }
    }
}

/* ---- by what calls are given -------------------------------------------- */

static const char *name_of_run(const HfSolved *s, const HfLoopRun *run)
{
    const HfEffect *e = run->callback;

    return run->loop && run->loop->role ? run->loop->role
           : e->role                    ? e->role
           : e->run == HF_RUN_THREAD
               ? HF_PROGRAM_SYM(s->program, run->target)->name
               : kinds[e->run];
}

/* A function that runs in another role still has its own, if it has one. */
int hf_role_of_run(const HfSolved *s, const HfLoopRun *run)
{
    int id;

    if (run->callback->run == HF_RUN_THREAD &&
        s->thread_role[run->target] >= 0) {
        return s->thread_role[run->target];
    }
    id = find_role(s, name_of_run(s, run));
    g_assert(id >= 0);
    return id;
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
        return role >= 0 && hf_role_at(s, role)->unique;
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

const GArray *hf_set_up_by(const HfSolved *s, HfSymId sym)
{
    return g_hash_table_lookup(s->set_up, GUINT_TO_POINTER(sym));
}

static void note_set_up(HfSolved *s, HfSymId in, const HfLoopRun *run)
{
    HfSetUp row = { in, run->callback->run };
    GArray *list =
        g_hash_table_lookup(s->set_up, GUINT_TO_POINTER(run->target));

    if (!list) {
        list = g_array_new(FALSE, FALSE, sizeof(HfSetUp));
        g_hash_table_insert(s->set_up, GUINT_TO_POINTER(run->target), list);
    }
    g_array_append_val(list, row);
}

static void callbacks(HfSolved *s, const HfFlow *f, const HfCall *call)
{
    GArray *all = hf_loops_runs(s, f, call);

    for (guint i = 0; all && i < all->len; i++) {
        const HfLoopRun *c = &g_array_index(all, HfLoopRun, i);
        const HfEffect *e = c->callback;
        HfRunKind run = e->run;
        int id = run == HF_RUN_THREAD ? s->thread_role[c->target] : -1;

        if (run == HF_RUN_CALL) {
            s->runs[c->target] |= 1u << run;
            continue;
        }
        if (id < 0) {
            id = hf_role_make(s, name_of_run(s, c), run);
        }
        hf_role_add_entry(s, id, c->target, run);
        if (c->loop) {
            note_set_up(s, f->sym, c);
        }
        if (run == HF_RUN_THREAD) {
            hf_role_started(s, f, call, e, c->target);
        }
    }
    if (all) {
        g_array_unref(all);
    }
}

void hf_roles_collect(HfSolved *s)
{
    guint n = s->program->symbols->len;

    s->roles = g_array_new(FALSE, FALSE, sizeof(HfRole));
    s->role_ids = g_hash_table_new(g_str_hash, g_str_equal);
    s->set_up = g_hash_table_new_full(NULL, NULL, NULL,
                                      (GDestroyNotify)g_array_unref);
    s->runs = g_new0(guint16, n);
    s->thread_role = g_new(int, n);
    for (guint i = 0; i < n; i++) {
        s->thread_role[i] = -1;
    }
    by_rule(s);
    by_annotation(s);
    hf_role_each_call(s, callbacks);
    hf_role_trampolines(s);
    hf_role_joins(s);
    /* a role that is there once may start others: the order is theirs */
    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < s->roles->len; i++) {
            count(s, hf_role_at(s, i));
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
        HfRole *role = hf_role_at(s, i);

        g_free(role->name);
        g_array_unref(role->entries);
        g_array_unref(role->starts);
        g_array_unref(role->joins);
    }
    g_array_unref(s->roles);
    g_hash_table_unref(s->role_ids);
    g_hash_table_unref(s->set_up);
    g_free(s->runs);
    g_free(s->thread_role);
}
