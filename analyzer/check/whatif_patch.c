/* SPDX-License-Identifier: MIT */
/*
 * The narrowest edit that takes a lock around accesses, in the words that the
 * program itself uses for that lock.
 *
 * A statement without calls is put between the two; what is read in a
 * condition, or beside calls, goes into a variable first.  Whatever is not
 * that simple is refused: a wrong patch is worse than none.
 */
#include "check/source_text.h"
#include "check/whatif.h"

#include <string.h>

typedef struct {
    HfCritical *cr;
    const HfFlow *flow;
    HfX lock, cls;
    const char **why;
    /* how the program takes and gives back this lock */
    char *take, *give, *arg;
    HfSourceText *text; /* of flow's file */
    char *access;       /* "s->x" */
    gboolean writes;
    gsize from; /* where the function begins */
    HfStatement span;
} Patch;

static gboolean no(Patch *p, const char *why)
{
    *p->why = why;
    return FALSE;
}

static const char *file_of(const HfFlow *flow)
{
    return hf_check_place(flow, UINT32_MAX).file;
}

/* ---- the words for it --------------------------------------------------- */

/* The operation is a statement NAME(ARGS); there. */
static gboolean spelled(const HfFlow *flow, const HfSourceText *text,
                        uint32_t event, char **name, char **args)
{
    HfPlace at = hf_check_place(flow, event);
    gsize offset = hf_source_text_at(text, at.line, at.col);

    return !(hf_flow_event(flow, event)->flags & HF_EV_CLEANUP) &&
           offset != G_MAXSIZE && hf_source_call(text, offset, name, args);
}

static gboolean spelled_in(Patch *p, const HfFlow *flow,
                           const HfSourceText *text)
{
    g_autofree char *args = NULL;

    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);
        g_autofree char *name = NULL, *arg = NULL;

        if (op->via || op->conditional || op->shared ||
            hf_critical_class(p->cr, op->lock) != p->cls ||
            !spelled(flow, text, op->event, &name, &arg) ||
            strchr(arg, ',')) {
            continue;
        }
        if (op->kind == HF_LOCK_ACQUIRE && !p->take) {
            p->take = g_steal_pointer(&name);
            p->arg = g_steal_pointer(&arg);
        } else if (op->kind == HF_LOCK_RELEASE && !p->give) {
            p->give = g_steal_pointer(&name);
        }
    }
    if (p->take && p->give) {
        return TRUE;
    }
    g_clear_pointer(&p->take, g_free);
    g_clear_pointer(&p->give, g_free);
    g_clear_pointer(&p->arg, g_free);
    return FALSE;
}

/* In the function itself, in its file, anywhere. */
static gboolean find_words(Patch *p)
{
    const GArray *order = p->cr->s->program->functions;

    if (spelled_in(p, p->flow, p->text)) {
        return TRUE;
    }
    for (int near = 1; near >= 0; near--) {
        for (guint i = 0; i < order->len; i++) {
            const HfFlow *f =
                p->cr->s->flows[g_array_index(order, HfSymId, i)];
            gboolean same = strcmp(file_of(f), file_of(p->flow)) == 0;
            gboolean any = FALSE;
            HfSourceText *text;

            for (guint k = 0; same == near && k < f->lock_ops->len; k++) {
                const HfLockOp *op = &g_array_index(f->lock_ops, HfLockOp, k);

                any |= !op->via &&
                       hf_critical_class(p->cr, op->lock) == p->cls;
            }
            text = any ? hf_source_text_load(file_of(f)) : NULL;
            if (text && spelled_in(p, f, text)) {
                hf_source_text_free(text);
                return TRUE;
            }
            hf_source_text_free(text);
        }
    }
    return no(p, "the program has no plain lock and unlock of it to copy");
}

/* ---- the lock's name ---------------------------------------------------- */

static HfX object_of(const Patch *p, uint32_t event)
{
    for (guint i = 0; i < p->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(p->flow->accesses, HfAccess, i);

        if (a->event == event) {
            return a->path;
        }
    }
    return 0;
}

/* Visible where the function is. */
static gboolean can_be_named(const Patch *p, HfX x)
{
    const HfXNode *root = hf_x(p->cr->t, hf_x_root(p->cr->t, x));
    const HfProgSymbol *var;

    if (root->kind != HF_X_GLOBAL) {
        return root->kind == HF_X_PARAM || root->kind == HF_X_LOCAL;
    }
    var = HF_PROGRAM_SYM(p->cr->s->program, root->ref);
    return var->linkage != HF_LINKAGE_INTERNAL ||
           HF_PROGRAM_UNIT(p->cr->s->program, var->decl_unit) ==
               p->flow->unit;
}

/* What the lock is called beside the access: s->x and s->lock. */
static char *lock_name(const Patch *p, HfX object)
{
    const HfXTable *t = p->cr->t;
    const HfXNode *l = hf_x(t, p->lock), *o = hf_x(t, object);
    const char *arrow = g_strrstr(p->access, "->");
    const char *dot = strrchr(p->access, '.');
    const char *end = !arrow || (dot && dot > arrow) ? dot : arrow + 2;

    if (l->kind == HF_X_FIELD && o->kind == HF_X_FIELD &&
        l->parent == o->parent && end) {
        end += end == dot;
        return g_strdup_printf(
            "%.*s%s", (int)(end - p->access), p->access,
            HF_PROGRAM_FIELD(p->cr->s->program, l->ref)->name);
    }
    return can_be_named(p, p->lock)
               ? hf_check_text(p->cr->check, p->flow, p->lock) : NULL;
}

/* What goes between the parentheses. */
static char *argument(const Patch *p, HfX object)
{
    g_autofree char *name = NULL;

    if (!*p->arg || hf_critical_is_single(p->cr, p->cls)) {
        return can_be_named(p, p->lock) || !*p->arg ||
                       hf_x(p->cr->t, p->cls)->kind == HF_X_CAP
                   ? g_strdup(p->arg) : NULL;
    }
    name = lock_name(p, object);
    if (!name || strspn(name, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_->.[]*&"
                        ) != strlen(name)) {
        return NULL;
    }
    return name[0] == '*' ? g_strdup(name + 1) : g_strconcat("&", name, NULL);
}

/* ---- the text around ---------------------------------------------------- */

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static gboolean calls_in(const char *text, gsize n)
{
    for (gsize i = 1; i < n; i++) {
        if (text[i] == '(' && is_word(text[i - 1])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Evaluating the access before the rest of the statement changes nothing. */
static gboolean comes_first(const char *text, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        char c = text[i], next = i + 1 < n ? text[i + 1] : 0;
        char before = i ? text[i - 1] : 0;

        if ((c == '&' && next == '&') || (c == '|' && next == '|') ||
            c == '?' || (c == '+' && next == '+') ||
            (c == '-' && next == '-') ||
            (c == '(' && is_word(before))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The access's text at or behind from, as a whole expression. */
static const char *find_access(const Patch *p, const char *from,
                               const char *end)
{
    gsize n = strlen(p->access);

    for (; from + n <= end; from++) {
        if (strncmp(from, p->access, n) == 0 && !is_word(from[n]) &&
            !is_word(from[-1]) && from[-1] != '.' && from[-1] != '>') {
            return from;
        }
    }
    return NULL;
}

/* All accesses lie in one statement. */
static gboolean find_statement(Patch *p, const uint32_t *events, guint n)
{
    for (guint i = 0; i < n; i++) {
        HfPlace at = hf_check_place(p->flow, events[i]);
        gsize offset = hf_source_text_at(p->text, at.line, at.col);
        const HfEvent *e = hf_flow_event(p->flow, events[i]);
        HfStatement span;

        if (*hf_str(p->flow->unit->facts,
                    hf_flow_loc(p->flow, events[i])->macro)) {
            return no(p, "it stands in a macro");
        }
        if (offset == G_MAXSIZE || offset < p->from ||
            !hf_source_statement(p->text, p->from, offset, &span, p->why)) {
            return *p->why ? FALSE : no(p, "its source was not found");
        }
        if (i && span.start != p->span.start) {
            return no(p, "there are several places");
        }
        p->span = span;
        p->writes |= e->kind != HF_EV_READ;
    }
    return TRUE;
}

/* ---- the two edits ------------------------------------------------------ */

static char *indent_of(const Patch *p)
{
    gsize start = p->span.start;

    while (start > 0 && p->text->text[start - 1] != '\n') {
        start--;
    }
    for (gsize i = start; i < p->span.start; i++) {
        if (!g_ascii_isspace(p->text->text[i])) {
            return NULL;
        }
    }
    return g_strndup(p->text->text + start, p->span.start - start);
}

/* The rest of its last line, with the end of it. */
static gsize line_end(const Patch *p)
{
    const char *end = memchr(p->text->text + p->span.end, '\n',
                             p->text->len - p->span.end);

    return end ? (gsize)(end - p->text->text) + 1 : p->text->len;
}

static char *wrapped(const Patch *p, const char *arg, const char *indent)
{
    gsize start = p->span.start, end = line_end(p);

    return g_strdup_printf("%s%s(%s);\n%s%.*s%s%s(%s);\n", indent, p->take,
                           arg, indent, (int)(end - start),
                           p->text->text + start, indent, p->give, arg);
}

static gboolean taken_name(const Patch *p, const char *name)
{
    const HfFacts *f = p->flow->unit->facts;

    for (guint i = 0; i < p->flow->fn->n_locals; i++) {
        if (strcmp(hf_str(f, f->locals[p->flow->fn->first_local + i].name),
                   name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* "QEMUFile *" and "to_dst_file" of what is read; FALSE: of no simple type. */
static gboolean variable_for(const Patch *p, HfX object, char **type,
                             char **name)
{
    const HfXNode *n = hf_x(p->cr->t, object);
    const HfProgram *prog = p->cr->s->program;
    guint32 flags;

    if (n->kind == HF_X_FIELD) {
        const HfProgField *f = HF_PROGRAM_FIELD(prog, n->ref);

        *type = g_strdup(f->type);
        *name = g_strdup(f->name);
        flags = f->type_flags;
    } else if (n->kind == HF_X_GLOBAL) {
        const HfProgSymbol *v = HF_PROGRAM_SYM(prog, n->ref);

        *type = g_strdup(v->type);
        *name = g_strdup_printf("%s_now", v->name);
        flags = v->type_flags;
    } else {
        return FALSE;
    }
    if (taken_name(p, *name)) {
        char *other = g_strdup_printf("%s_now", *name);

        g_free(*name);
        *name = other;
    }
    return flags & (HF_TYPE_POINTER | HF_TYPE_INTEGRAL) &&
           !(flags & (HF_TYPE_ARRAY | HF_TYPE_FUNCTION_POINTER)) &&
           !strpbrk(*type, "([") && !taken_name(p, *name);
}

static char *read_first(Patch *p, HfX object, const char *arg,
                        const char *indent)
{
    g_autofree char *type = NULL, *name = NULL;
    const char *at = p->text->text + p->span.start;
    const char *end = p->text->text + p->span.end;
    const char *hit = find_access(p, at, end);
    gsize word = strncmp(at, "if", 2) == 0 && !is_word(at[2]) ? 2 : 0;
    GString *out;

    if (!hit || hit < at + word ||
        !comes_first(at + word, hit - at - word)) {
        no(p, "what is evaluated before it may matter");
        return NULL;
    }
    if (!variable_for(p, object, &type, &name)) {
        no(p, "what is read has no simple type");
        return NULL;
    }
    out = g_string_new(NULL);
    g_string_printf(out, "%s%s(%s);\n%s%s%s%s = %s;\n%s%s(%s);\n%s", indent,
                    p->take, arg, indent, type,
                    g_str_has_suffix(type, "*") ? "" : " ", name, p->access,
                    indent, p->give, arg, indent);
    for (; hit; hit = find_access(p, at, end)) {
        g_string_append_len(out, at, hit - at);
        g_string_append(out, name);
        at = hit + strlen(p->access);
    }
    g_string_append_len(out, at, p->text->text + line_end(p) - at);
    return g_string_free(out, FALSE);
}

static char *edit(Patch *p, HfX object)
{
    const char *text = p->text->text + p->span.start;
    gsize n = p->span.end - p->span.start;
    g_autofree char *arg = argument(p, object);
    g_autofree char *indent = indent_of(p);

    if (!arg || !indent) {
        no(p, arg ? "something stands in front of it on its line"
                  : "the lock has no name there");
        return NULL;
    }
    if (!p->span.body && !calls_in(text, n) &&
        strncmp(text, "return", 6) != 0) {
        return wrapped(p, arg, indent);
    }
    if (p->writes) {
        no(p, "it is written in the middle of a larger statement");
        return NULL;
    }
    return read_first(p, object, arg, indent);
}

/* ---- the whole ---------------------------------------------------------- */

static const char *below_root(const Patch *p, const char *file)
{
    const char *root = p->cr->s->program->root;
    gsize n = root ? strlen(root) : 0;

    return n && strncmp(file, root, n) == 0 && file[n] == '/' ? file + n + 1
                                                              : NULL;
}

static char *make(Patch *p, const uint32_t *events, guint n)
{
    HfPlace fn = hf_check_place(p->flow, UINT32_MAX);
    const char *path = below_root(p, fn.file);
    HfX object = object_of(p, events[0]);
    g_autofree char *replacement = NULL;
    GString *access = g_string_new(NULL);

    hf_facts_path_text(p->flow->unit->facts,
                       hf_flow_event(p->flow, events[0])->path, access);
    p->access = g_string_free(access, FALSE);
    p->text = path ? hf_source_text_load(fn.file) : NULL;
    p->from = p->text ? hf_source_text_at(p->text, fn.line, fn.col)
                      : G_MAXSIZE;
    if (p->from == G_MAXSIZE || !object) {
        no(p, "its source was not found");
        return NULL;
    }
    if (!find_statement(p, events, n) || !find_words(p)) {
        return NULL;
    }
    replacement = edit(p, object);
    return replacement
               ? hf_source_diff(p->text, path,
                                hf_source_text_line(p->text, p->span.start),
                                hf_source_text_line(p->text,
                                                    p->span.end - 1),
                                replacement)
               : NULL;
}

char *hf_whatif_patch(HfCritical *cr, const HfFlow *flow,
                      const uint32_t *events, guint n, HfX lock, HfX cls,
                      char **why)
{
    const char *reason = NULL;
    Patch p = { .cr = cr, .flow = flow, .lock = lock, .cls = cls,
                .why = &reason };
    char *patch = make(&p, events, n);

    *why = patch ? NULL : g_strdup(reason ? reason : "it is not simple");
    g_free(p.take);
    g_free(p.give);
    g_free(p.arg);
    g_free(p.access);
    hf_source_text_free(p.text);
    return patch;
}
