/* SPDX-License-Identifier: MIT */
/* Is there a way from one function to another, with or without a lock? */
#include "check/reach.h"
#include "cli/answers.h"

#include <stdio.h>

typedef struct {
    HfSymId to;
    HfX lock;        /* 0: nothing is asked of it */
    guint64 bit;
    gboolean wanted; /* held, or not known to be held */
    guint others;    /* ways to `to` on which it is the other way round */
    GPtrArray *way;  /* HfHop*, first to last; NULL until found */
} Search;

static HfReachVerdict look(HfCheck *c, const HfHop *hop, gpointer data)
{
    Search *s = data;

    if (s->way) {
        return HF_REACH_STOP;
    }
    if (hop->callee != s->to) {
        return HF_REACH_ENTER;
    }
    if (s->lock && ((hop->held & s->bit) != 0) != s->wanted) {
        s->others++;
        return HF_REACH_STOP;
    }
    s->way = g_ptr_array_new_with_free_func(g_free);
    for (; hop; hop = hop->from) {
        g_ptr_array_insert(s->way, 0, g_memdup2(hop, sizeof(*hop)));
    }
    return HF_REACH_STOP;
}

static void print_way(const HfPipeline *p, const Search *s)
{
    for (guint i = 0; i < s->way->len; i++) {
        const HfHop *hop = g_ptr_array_index(s->way, i);

        hf_cli_print_place(p, hop->flow, hop->event);
        printf(": %s calls %s",
               HF_PROGRAM_SYM(p->program, hop->flow->sym)->name,
               HF_PROGRAM_SYM(p->program, hop->callee)->name);
        if (hop->slot) {
            const HfProgField *slot = HF_PROGRAM_FIELD(p->program, hop->slot);

            printf(" through %s.%s",
                   HF_PROGRAM_RECORD(p->program, slot->record)->name,
                   slot->name);
        }
        printf(" holding");
        hf_cli_print_caps(p, hop->held & ~HF_REACH_WATCHED, "");
        if (hop->held & HF_REACH_WATCHED) {
            g_autofree char *lock = hf_cli_text(p, 0, s->lock);

            printf(" %s", lock);
        }
        putchar('\n');
    }
}

static void print_none(const HfPathQuestion *q, const Search *s)
{
    const char *name = q->holding ? q->holding : q->without;

    printf("no way from %s to %s", q->from, q->to);
    if (name) {
        printf(" %s %s", q->holding ? "holding" : "without", name);
    }
    if (s->others) {
        printf("; it is %s on every way found (%u)",
               q->holding ? "not held" : "held", s->others);
    }
    printf(" (through at most %d function pointers)\n", HF_REACH_MAX_SLOTS);
}

/* From the function as it is entered: every distinct context of it. */
static void search(HfCheck *c, HfSymId from, Search *s)
{
    const HfFlow *f = c->solved->flows[from];

    for (guint i = 0; i < f->contexts->len && !s->way; i++) {
        const HfContext *ctx = &g_array_index(f->contexts, HfContext, i);

        HfReachEntry entry = { .held = ctx->caps, .absent = ctx->absent,
                               .watched = s->lock };

        hf_reach(c, f, NULL, &entry, look, s);
    }
}

int hf_cli_query_path(const HfPipeline *p, const HfPathQuestion *q,
                      GError **error)
{
    HfCheck c = { .solved = p->solved, .program = p->program };
    const char *name = q->holding ? q->holding : q->without;
    HfSymId from = hf_program_find(p->program, q->from);
    Search s = { .to = hf_program_find(p->program, q->to),
                 .wanted = q->holding != NULL };
    int status;

    if (name) {
        s.lock = hf_contract_lock_named(p->solved->contracts, name);
        s.bit = s.lock ? hf_reach_bit(&c, s.lock, s.lock) : 0;
        if (!s.bit) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "expected a capability of the profile or a variable "
                        "that is a lock, found '%s'", name);
            return HF_EXIT_FAILURE;
        }
    }
    if (!p->solved->flows[from]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "'%s' has no body here", q->from);
        return HF_EXIT_FAILURE;
    }
    search(&c, from, &s);
    if (!s.way) {
        print_none(q, &s);
        return HF_EXIT_CLEAN;
    }
    print_way(p, &s);
    status = HF_EXIT_FINDINGS;
    g_ptr_array_unref(s.way);
    return status;
}
