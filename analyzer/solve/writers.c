/* SPDX-License-Identifier: MIT */
#include "solve/writers.h"

#define SEVERAL UINT32_MAX

struct HfWriters {
    HfSymId *of_field;    /* by HfFieldId: 0 none */
    HfSymId *of_variable; /* by HfSymId */
};

static void note(HfSymId *have, HfSymId sym)
{
    *have = !*have || *have == sym ? sym : SEVERAL;
}

static gboolean changes(uint32_t kind)
{
    return kind == HF_EV_WRITE || kind == HF_EV_RMW ||
           kind == HF_EV_ADDR_TAKEN || kind == HF_EV_ATOMIC_WRITE ||
           kind == HF_EV_ATOMIC_RMW;
}

static void note_event(HfWriters *w, const HfUnit *u, HfSymId sym,
                       const HfEvent *e)
{
    const HfPath *p = &u->facts->paths[e->path];

    while (p->kind == HF_PATH_INDEX) {
        p = &u->facts->paths[p->parent];
    }
    if (p->kind == HF_PATH_FIELD) {
        note(&w->of_field[u->fields[p->ref]], sym);
    } else if (p->kind == HF_PATH_GLOBAL) {
        note(&w->of_variable[u->symbols[p->ref]], sym);
    }
}

HfWriters *hf_writers_new(const HfProgram *program)
{
    HfWriters *w = g_new0(HfWriters, 1);

    w->of_field = g_new0(HfSymId, program->fields->len);
    w->of_variable = g_new0(HfSymId, program->symbols->len);
    for (guint i = 0; i < program->functions->len; i++) {
        HfSymId sym = g_array_index(program->functions, HfSymId, i);
        const HfUnit *u;
        const HfFunction *fn = hf_program_body(program, sym, &u);

        for (uint32_t k = 0; fn && k < fn->n_events; k++) {
            const HfEvent *e = &u->facts->events[fn->first_event + k];

            if (e->path && changes(e->kind)) {
                note_event(w, u, sym, e);
            }
        }
    }
    return w;
}

void hf_writers_free(HfWriters *w)
{
    if (w) {
        g_free(w->of_field);
        g_free(w->of_variable);
        g_free(w);
    }
}

static gboolean others(HfSymId writer, HfSymId sym)
{
    return writer && writer != sym;
}

gboolean hf_writers_field(const HfWriters *w, HfFieldId field, HfSymId sym)
{
    return others(w->of_field[field], sym);
}

gboolean hf_writers_variable(const HfWriters *w, HfSymId var, HfSymId sym)
{
    return others(w->of_variable[var], sym);
}
