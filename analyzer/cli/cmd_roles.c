/* SPDX-License-Identifier: MIT */
/* holdfast roles: who runs the program's code, and since when. */
#include "cli/answers.h"
#include "solve/roles.h"

#include <stdio.h>
#include <string.h>

static const char *count_text(HfRoleCount count)
{
    switch (count) {
    case HF_ROLE_DECLARED:
        return "as declared";
    case HF_ROLE_STARTED_ONCE:
        return "started once";
    case HF_ROLE_IN_LOOP:
        return "started in a loop";
    case HF_ROLE_SEVERAL_STARTS:
        return "started in several places";
    case HF_ROLE_STARTER_REPEATS:
        return "what starts it may run again";
    case HF_ROLE_EVENTS:
        return "from event loops";
    default:
        return "nobody is seen to start it";
    }
}

static guint *reach_counts(const HfSolved *s)
{
    guint *n = g_new0(guint, s->roles->len + 1);
    gboolean *in = g_new(gboolean, s->roles->len + 1);

    for (guint i = 0; i < s->program->functions->len; i++) {
        const HfFlow *f = s->flows[g_array_index(s->program->functions,
                                                 HfSymId, i)];

        memset(in, 0, (s->roles->len + 1) * sizeof(*in));
        for (guint k = 0; k < f->contexts->len; k++) {
            in[g_array_index(f->contexts, HfContext, k).role + 1] = TRUE;
        }
        for (guint k = 0; k <= s->roles->len; k++) {
            n[k] += in[k];
        }
    }
    g_free(in);
    return n;
}

static void print_entry(const HfPipeline *p, HfSymId sym)
{
    const HfFlow *f = p->solved->flows[sym];
    const HfContext *c;

    printf("  enters %s", HF_PROGRAM_SYM(p->program, sym)->name);
    if (!f) {
        puts(" (no body here)");
        return;
    }
    printf(" (");
    hf_cli_print_place(p, f, UINT32_MAX);
    printf(")");
    for (guint i = 0; i < f->contexts->len; i++) {
        c = &g_array_index(f->contexts, HfContext, i);
        if (!c->parent && c->caps) {
            printf(" holding");
            hf_cli_print_caps(p, c->caps, "");
            break;
        }
    }
    for (guint run = HF_RUN_THREAD; run <= HF_RUN_ATEXIT; run++) {
        if (p->solved->runs[sym] >> run & 1 && run != HF_RUN_THREAD) {
            printf(", as %s", hf_role_kind_text(run));
        }
    }
    putchar('\n');
}

static void print_points(const HfPipeline *p, const GArray *points,
                         const char *verb)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *at = &g_array_index(points, HfRolePoint, i);

        printf("  %s in %s at ", verb,
               HF_PROGRAM_SYM(p->program, at->in)->name);
        hf_cli_print_place(p, p->solved->flows[at->in], at->event);
        if (at->data) {
            g_autofree char *text = hf_cli_text(p, at->in, at->data);

            printf(", given %s", text);
        }
        if (at->handle.object) {
            g_autofree char *text = hf_cli_text(p, at->handle.in,
                                                at->handle.object);

            printf(", handle %s", text);
        }
        putchar('\n');
    }
}

/* ---- the big locks ------------------------------------------------------ */

/* Of one lock of the profile: where a role takes or drops it, the place with
 * the fewest function pointers, and then calls, on the way there first. */
typedef struct {
    guint n;
    guint distance;
    const HfFlow *flow;
    uint32_t event;
} Places;

static void note_place(Places *at, const HfFlow *f, const HfLockOp *op,
                       guint distance)
{
    if (!at->n++ || distance < at->distance) {
        at->distance = distance;
        at->flow = f;
        at->event = op->event;
    }
}

static const HfContext *entered_as(const HfFlow *f, int role)
{
    for (guint i = 0; i < f->contexts->len; i++) {
        const HfContext *c = &g_array_index(f->contexts, HfContext, i);

        if (c->role == role) {
            return c;
        }
    }
    return NULL;
}

static void find_places(const HfPipeline *p, int role, guint cap,
                        Places at[2])
{
    const HfSolved *s = p->solved;

    for (guint i = 0; i < s->program->functions->len; i++) {
        const HfFlow *f = s->flows[g_array_index(s->program->functions,
                                                 HfSymId, i)];
        const HfContext *c =
            f->lock_ops->len && !f->skip ? entered_as(f, role) : NULL;
        guint distance = c ? c->n_slots * 1000 + hf_cli_chain_length(p, c) : 0;

        for (guint k = 0; c && k < f->lock_ops->len; k++) {
            const HfLockOp *op = &g_array_index(f->lock_ops, HfLockOp, k);
            const HfXNode *x = hf_x(s->exprs, op->lock);

            if (!op->via && x->kind == HF_X_CAP && x->ref == cap) {
                note_place(&at[op->kind], f, op, distance);
            }
        }
    }
}

/* A role's state of each named lock is followed through these. */
static void print_locks(const HfPipeline *p, int role)
{
    static const char *const verbs[] = { [HF_LOCK_ACQUIRE] = "takes",
                                         [HF_LOCK_RELEASE] = "drops" };

    for (guint cap = 0; cap < p->rules->caps->len; cap++) {
        const HfCapRule *rule = g_ptr_array_index(p->rules->caps, cap);
        Places at[2] = { { 0 } };

        if (rule->kind != HF_CAP_LOCK) {
            continue;
        }
        find_places(p, role, cap, at);
        for (guint kind = 0; kind < G_N_ELEMENTS(at); kind++) {
            if (at[kind].n) {
                printf("  %s %s in %u place%s, first in %s at ", verbs[kind],
                       rule->name, at[kind].n, at[kind].n == 1 ? "" : "s",
                       HF_PROGRAM_SYM(p->program, at[kind].flow->sym)->name);
                hf_cli_print_place(p, at[kind].flow, at[kind].event);
                putchar('\n');
            }
        }
    }
}

static void print_role(const HfPipeline *p, int id, guint reached)
{
    const HfRole *role = &g_array_index(p->solved->roles, HfRole, id);

    printf("%s: %s, %s; %u functions\n", role->name,
           role->unique ? "unique" : "many", count_text(role->count),
           reached);
    for (guint i = 0; i < role->entries->len; i++) {
        print_entry(p, g_array_index(role->entries, HfSymId, i));
    }
    print_points(p, role->starts, "started");
    print_points(p, role->joins, "joined");
    print_locks(p, id);
}

int hf_cmd_roles(int argc, char **argv)
{
    HfPipelineOptions o = { 0 };
    HfPipeline p = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(
        "- print threads and other roles, with where they start and end");
    int status = HF_EXIT_FAILURE;

    g_option_context_add_group(context, hf_pipeline_option_group(&o));
    if (!hf_cli_parse(context, &argc, &argv) ||
        !hf_cli_no_operands(argc, argv)) {
        goto out;
    }
    if (!hf_pipeline_run(&p, &o, HF_STAGE_SOLVE, &error)) {
        hf_cli_fail(error);
    } else {
        guint *reached = reach_counts(p.solved);

        for (guint i = 0; i < p.solved->roles->len; i++) {
            print_role(&p, (int)i, reached[i + 1]);
        }
        printf("entered from where no role is known: %u functions\n",
               reached[0]);
        g_free(reached);
        status = HF_EXIT_CLEAN;
    }
out:
    hf_pipeline_clear(&p);
    hf_pipeline_options_clear(&o);
    return status;
}
