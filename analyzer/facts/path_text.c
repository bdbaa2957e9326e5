/* SPDX-License-Identifier: MIT */
#include "facts/path_text.h"

/* f()->g()->h(): a call through a result, and so on.  Nothing promises that
 * such a chain ends, so it is cut. */
#define MAX_CALLS 8

typedef struct {
    const HfFacts *f;
    const uint32_t *temps;
    GString *out;
    int calls;
} Text;

static void put(Text *t, HfId id);

static void put_temp(Text *t, HfId event)
{
    const HfEvent *e = &t->f->events[event];

    if (t->temps && t->temps[event]) {
        g_string_append_printf(t->out, "T%u", t->temps[event]);
        return;
    }
    if (e->sym) {
        g_string_append(t->out, hf_str(t->f, t->f->symbols[e->sym].name));
    } else if (e->path && t->calls < MAX_CALLS) {
        t->calls++;
        put(t, e->path);
        t->calls--;
    } else {
        g_string_append_c(t->out, '?');
    }
    g_string_append(t->out, "()");
}

/* The operand of '.', '[' and '->', which bind tighter than '*' and '&'. */
static void put_operand(Text *t, HfId id)
{
    uint32_t kind = t->f->paths[id].kind;
    gboolean prefix = kind == HF_PATH_DEREF || kind == HF_PATH_ADDR;

    if (prefix)
        g_string_append_c(t->out, '(');
    put(t, id);
    if (prefix)
        g_string_append_c(t->out, ')');
}

static void put_field(Text *t, const HfPath *p)
{
    const HfPath *object = &t->f->paths[p->parent];

    if (object->kind == HF_PATH_DEREF) {
        put_operand(t, object->parent);
        g_string_append(t->out, "->");
    } else {
        put_operand(t, p->parent);
        g_string_append_c(t->out, '.');
    }
    g_string_append(t->out, hf_str(t->f, t->f->fields[p->ref].name));
}

static void put_index(Text *t, const HfPath *p)
{
    const HfPath *array = &t->f->paths[p->parent];

    put_operand(t, array->kind == HF_PATH_DEREF ? array->parent : p->parent);
    if (p->value == -1)
        g_string_append(t->out, "[*]");
    else
        g_string_append_printf(t->out, "[%" G_GINT64_FORMAT "]", p->value);
}

static void put_container(Text *t, const HfPath *p)
{
    const HfField *field = &t->f->fields[p->ref];

    g_string_append(t->out, "container_of(");
    put(t, p->parent);
    g_string_append_printf(t->out, ", %s, %s)",
                           hf_str(t->f, t->f->records[field->record].name),
                           hf_str(t->f, field->name));
}

static void put_computed(Text *t, const HfPath *p)
{
    static const char *const ops[] = {
        [HF_PATH_OP_ADD] = "+", [HF_PATH_OP_MUL] = "*",
        [HF_PATH_OP_DIV] = "/", [HF_PATH_OP_REM] = "%",
        [HF_PATH_OP_SHL] = "<<", [HF_PATH_OP_SHR] = ">>",
        [HF_PATH_OP_AND] = "&", [HF_PATH_OP_OR] = "|",
        [HF_PATH_OP_XOR] = "^",
    };

    g_string_append_c(t->out, '(');
    put(t, p->parent);
    g_string_append_printf(t->out, " %s %" G_GINT64_FORMAT ")",
                           p->ref < G_N_ELEMENTS(ops) ? ops[p->ref] : "?",
                           p->value);
}

static void put_literal(Text *t, HfStr s)
{
    g_autofree char *escaped = g_strescape(hf_str(t->f, s), NULL);

    g_string_append_printf(t->out, "\"%s\"", escaped);
}

static void put_root(Text *t, const HfPath *p)
{
    const HfFacts *f = t->f;

    switch (p->kind) {
    case HF_PATH_NONE: g_string_append_c(t->out, '_'); break;
    case HF_PATH_LOCAL:
        g_string_append(t->out, hf_str(f, f->locals[p->ref].name));
        break;
    case HF_PATH_GLOBAL:
    case HF_PATH_FUNCTION:
        g_string_append(t->out, hf_str(f, f->symbols[p->ref].name));
        break;
    case HF_PATH_TEMP: put_temp(t, p->ref); break;
    case HF_PATH_CONST:
        g_string_append_printf(t->out, "%" G_GINT64_FORMAT, p->value);
        break;
    case HF_PATH_STRING: put_literal(t, p->ref); break;
    default: g_string_append_c(t->out, '?');
    }
}

/* Recurses no deeper than HF_PATH_MAX_DEPTH for each of MAX_CALLS. */
static void put(Text *t, HfId id)
{
    const HfPath *p = &t->f->paths[id];

    switch (p->kind) {
    case HF_PATH_DEREF:
        g_string_append_c(t->out, '*');
        put(t, p->parent);
        break;
    case HF_PATH_ADDR:
        g_string_append_c(t->out, '&');
        /* && is another token */
        if (t->f->paths[p->parent].kind == HF_PATH_ADDR)
            put_operand(t, p->parent);
        else
            put(t, p->parent);
        break;
    case HF_PATH_FIELD: put_field(t, p); break;
    case HF_PATH_INDEX: put_index(t, p); break;
    case HF_PATH_CONTAINER_OF: put_container(t, p); break;
    case HF_PATH_COMPUTED: put_computed(t, p); break;
    default: put_root(t, p);
    }
}

void hf_path_text(const HfFacts *facts, HfId path, const uint32_t *temps,
                  GString *out)
{
    put(&(Text){ .f = facts, .temps = temps, .out = out }, path);
}

void hf_facts_path_text(const HfFacts *facts, HfId path, GString *out)
{
    hf_path_text(facts, path, NULL, out);
}
