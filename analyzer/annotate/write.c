/* SPDX-License-Identifier: MIT */
/* Edits that write a proposal: its text, and where it goes. */
#include "annotate/write.h"

#include <string.h>

#define LINE_WIDTH 80

typedef struct {
    HfInfer *in;
    HfProposal *p;
    HfSources *sources;
    const HfSpellingRule *rule;
} Writer;

static gboolean refuse(Writer *w, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(Writer *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    g_free(w->p->unwritten);
    w->p->unwritten = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_ptr_array_set_size(w->p->edits, 0);
    return FALSE;
}

/* ---- text ---------------------------------------------------------------- */

char *hf_lock_address(const HfProposal *p)
{
    if (p->cap || p->plain) {
        return g_strdup(p->lock);
    }
    return *p->lock == '*' ? g_strdup(p->lock + 1)
                           : g_strconcat("&", p->lock, NULL);
}

static char *spell(const Writer *w, const char *pattern)
{
    g_autofree char *lock = NULL;
    g_auto(GStrv) parts = g_strsplit(pattern, "$1", -1);

    if (!w->p->lock) {
        return g_strdup(pattern);
    }
    lock = w->rule->lock == HF_WRITE_OBJECT ? g_strdup(w->p->lock)
                                            : hf_lock_address(w->p);
    return g_strjoinv(lock, parts);
}

static void add_edit(Writer *w, const char *file, gsize offset, char *text)
{
    HfEdit *e = g_new0(HfEdit, 1);

    e->file = g_strdup(file);
    e->offset = offset;
    e->text = text;
    g_ptr_array_add(w->p->edits, e);
}

/* ---- headers ------------------------------------------------------------- */

static char *macro_name(const char *text)
{
    gsize n = 0;

    while (g_ascii_isalnum(text[n]) || text[n] == '_') {
        n++;
    }
    return g_strndup(text, n);
}

static gboolean defines(const char *text, const char *name)
{
    for (const char *at = text; (at = strstr(at, "define")); at++) {
        const char *p = at + strlen("define");

        p += strspn(p, " \t");
        if (hf_text_is_word(p, 0, name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The header that defines the macro, or one that it includes. */
static gboolean defined_by(Writer *w, const char *path, const char *name)
{
    const char *text = hf_sources_text(w->sources, path);

    return defines(text, name) || strstr(text, "holdfast/annotations.h");
}

static gboolean add_include(Writer *w, const char *file, const char *pattern)
{
    const char *text = hf_sources_text(w->sources, file);
    const char *include = w->rule->include;
    g_autofree char *name = macro_name(pattern);
    g_autofree char *header = NULL;
    g_autofree char *path = NULL;
    gsize at;

    if (!include || strstr(text, include)) {
        return TRUE;
    }
    header = g_strndup(include + 1, strlen(include) - 2);
    path = hf_sources_find(w->sources, file, header);
    if (!path) {
        return refuse(w, "%s is not found, which defines %s", include, name);
    }
    if (!defined_by(w, path, name)) {
        return refuse(w, "%s does not define %s here", include, name);
    }
    if (hf_sources_reach(w->sources, file, path)) {
        return TRUE;
    }
    at = hf_place_include(text);
    if (!at) {
        return refuse(w, "%s would have to include %s", file, include);
    }
    add_edit(w, file, at, g_strdup_printf("#include %s\n", include));
    return TRUE;
}

/* ---- functions ----------------------------------------------------------- */

/* Already there, behind the parameters or before the name. */
static gboolean stands_there(const char *text, gsize name, const char *what)
{
    gsize from = name, to = name + strcspn(text + name, ";{");

    while (from > 0 && !strchr(";{}", text[from - 1])) {
        from--;
    }
    for (gsize i = from; i < to; i++) {
        if (hf_text_is_word(text, i, what) || (strchr(what, '(') &&
            strncmp(text + i, what, strlen(what)) == 0)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_complete(Writer *w, const char *file, int line)
{
    const HfFlow *flow = w->in->check.solved->flows[w->p->sym];
    const HfFacts *f = flow->unit->facts;
    const HfLocal *l =
        &f->locals[flow->fn->first_local + (uint32_t)w->p->param];
    const HfRecord *r = &f->records[l->type_record];
    const HfLoc *loc = &f->locs[r->loc];
    const char *path = hf_str(f, f->files[loc->file].path);

    if (!r->loc) {
        return FALSE;
    }
    return strcmp(path, file) == 0 ? (int)loc->line < line
                                   : hf_sources_reach(w->sources, file, path);
}

/* Names in annotations are those of the definition for every tool. */
static gboolean same_name(const Writer *w, const char *param)
{
    const HfFlow *flow = w->in->check.solved->flows[w->p->sym];
    const HfFacts *f = flow->unit->facts;

    return strcmp(hf_str(f, f->locals[flow->fn->first_local +
                                      (uint32_t)w->p->param].name),
                  param) == 0;
}

static gboolean at_declaration(Writer *w, HfPlace at, guint parts)
{
    const char *text = hf_sources_text(w->sources, at.file);
    gssize name = hf_text_offset(text, at.line, at.col);
    g_autofree char *param = NULL;
    gsize after;

    if (name < 0 || !hf_text_is_word(text, (gsize)name, w->p->owner) ||
        !(after = hf_place_after_params(text, (gsize)name))) {
        return refuse(w, "its declaration comes out of a macro");
    }
    if (w->p->param >= 0) {
        param = hf_text_param_name(text, (gsize)name, w->p->param);
        if (!param) {
            return refuse(w, "the parameter has no name at the declaration");
        }
        if (!same_name(w, param)) {
            return refuse(w, "the parameter is called \"%s\" at the "
                          "declaration, otherwise at the definition", param);
        }
        if (!is_complete(w, at.file, at.line)) {
            return refuse(w, "the type that holds the lock is not known at "
                          "the declaration");
        }
    }
    if (w->rule->before && parts & HF_PART_BEFORE) {
        char *what = spell(w, w->rule->before);

        if (stands_there(text, (gsize)name, what)) {
            g_free(what);
        } else {
            add_edit(w, at.file, (gsize)name, g_strconcat(what, " ", NULL));
            g_free(what);
            if (!add_include(w, at.file, w->rule->before)) {
                return FALSE;
            }
        }
    }
    if (w->rule->after && parts & HF_PART_AFTER) {
        g_autofree char *what = spell(w, w->rule->after);
        gboolean fits = hf_text_column(text, after) + strlen(what) + 1 <
                        LINE_WIDTH;

        if (!stands_there(text, (gsize)name, what)) {
            add_edit(w, at.file, after, g_strconcat(fits ? " " : "\n    ",
                                                    what, NULL));
            return add_include(w, at.file, w->rule->after);
        }
    }
    return TRUE;
}

static GArray *local_names(const HfFlow *flow, const char *file,
                           const char *text)
{
    const HfFacts *f = flow->unit->facts;
    GArray *out = g_array_new(FALSE, FALSE, sizeof(gsize));

    for (uint32_t i = flow->fn->n_params; i < flow->fn->n_locals; i++) {
        const HfLocal *l = &f->locals[flow->fn->first_local + i];
        const HfLoc *loc = &f->locs[l->loc];
        gssize at;

        if (l->flags & HF_LOCAL_SYNTHETIC || !l->loc ||
            *hf_str(f, loc->macro) ||
            strcmp(hf_str(f, f->files[loc->file].path), file) != 0) {
            continue;
        }
        at = hf_text_offset(text, loc->line, loc->col);
        if (at >= 0) {
            gsize start = (gsize)at;

            g_array_append_val(out, start);
        }
    }
    return out;
}

/* To the end of the line, over a comment that stands there. */
static gsize end_of_line(const char *text, gsize pos)
{
    gsize end = pos + strspn(text + pos, " \t");

    if (text[end] == '\n') {
        return end;
    }
    if (text[end] == '/' && (text[end + 1] == '*' || text[end + 1] == '/')) {
        gsize after = hf_text_skip(text, end);
        gsize line = end + strcspn(text + end, "\n");

        return after > line ? line : 0;
    }
    return 0;
}

static char *indent_at(const char *text, gsize pos)
{
    gsize line = pos;

    while (line > 0 && text[line - 1] != '\n') {
        line--;
    }
    return g_strndup(text + line, strspn(text + line, " \t"));
}

static gboolean in_body(Writer *w, const HfFlow *flow)
{
    HfPlace at = hf_check_place(flow, UINT32_MAX);
    const char *text = hf_sources_text(w->sources, at.file);
    gssize name = hf_text_offset(text, at.line, at.col);
    gsize brace = name >= 0 && hf_text_is_word(text, (gsize)name, w->p->owner)
                      ? hf_place_body(text, (gsize)name) : 0;
    g_autofree char *what = spell(w, w->rule->body);
    g_autoptr(GArray) locals = NULL;
    g_autofree char *indent = NULL;
    gboolean first;
    gsize place, end, start;

    if (!brace) {
        return refuse(w, "its body comes out of a macro");
    }
    locals = local_names(flow, at.file, text);
    place = hf_place_after_locals(text, brace, locals, &first);
    end = end_of_line(text, place);
    if (!end) {
        add_edit(w, at.file, place, g_strconcat(" ", what, NULL));
        return add_include(w, at.file, w->rule->body);
    }
    start = place - 1;
    while (!first && start > brace && text[start - 1] != ';' &&
           text[start - 1] != '{') {
        start--;
    }
    indent = first ? g_strdup("    ")
                   : indent_at(text, hf_text_skip(text, start));
    add_edit(w, at.file, end, g_strconcat("\n", indent, what, NULL));
    return add_include(w, at.file, w->rule->body);
}

static gboolean same_place(HfPlace a, HfPlace b)
{
    return a.line == b.line && strcmp(a.file, b.file) == 0;
}

static gboolean of_function(Writer *w)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(w->in->check.program, w->p->sym);
    const HfFlow *flow = w->in->check.solved->flows[w->p->sym];
    HfPlace def = hf_check_place(flow, UINT32_MAX);
    HfPlace decl = s->decl_loc ? hf_check_place_of(w->in->check.program,
                                                   s->decl_unit, s->decl_loc)
                               : def;

    if (w->p->parts & (HF_PART_BEFORE | HF_PART_AFTER) &&
        (w->rule->before || w->rule->after)) {
        gboolean one = same_place(decl, def);

        if (!hf_infer_own_file(w->in, decl.file)) {
            return refuse(w, "it is declared in a file that is not edited");
        }
        if (w->rule->on != HF_ON_DEFINITION &&
            !at_declaration(w, decl, w->p->parts)) {
            return FALSE;
        }
        if ((w->rule->on == HF_ON_DEFINITION ||
             (w->rule->on == HF_ON_BOTH && !one)) &&
            !at_declaration(w, def, w->p->parts)) {
            return FALSE;
        }
    }
    return !(w->p->parts & HF_PART_BODY) || !w->rule->body ||
           in_body(w, flow);
}

/* ---- data ---------------------------------------------------------------- */

/* C reads from top to bottom: the lock has to come first. */
static gboolean lock_comes_first(Writer *w)
{
    const HfProgram *program = w->in->check.program;
    HfPlace at = w->p->place, lock;

    if (w->p->cap) {
        return TRUE;
    }
    if (w->p->lock_field) {
        lock = hf_infer_place_of_field(w->in, w->p->lock_field);
    } else {
        const HfProgSymbol *s = HF_PROGRAM_SYM(program, w->p->lock_var);

        lock = hf_check_place_of(program, s->decl_unit, s->decl_loc);
    }
    return strcmp(lock.file, at.file) == 0
               ? lock.line < at.line ||
                     (lock.line == at.line && lock.col < at.col)
               : hf_sources_reach(w->sources, at.file, lock.file);
}

static gboolean of_data(Writer *w)
{
    HfPlace at = w->p->place;
    const char *text = hf_sources_text(w->sources, at.file);
    gssize name = hf_text_offset(text, at.line, at.col);
    const char *dot = strrchr(w->p->owner, '.');
    g_autofree char *what = NULL;
    gsize after;

    if (!w->rule->after) {
        return refuse(w, "this profile has no spelling for members");
    }
    if (name < 0 ||
        !hf_text_is_word(text, (gsize)name, dot ? dot + 1 : w->p->owner) ||
        !(after = hf_place_after_member(text, (gsize)name))) {
        return refuse(w, "its declaration comes out of a macro");
    }
    if (!lock_comes_first(w)) {
        return refuse(w, "the lock is declared after it");
    }
    what = spell(w, w->rule->after);
    add_edit(w, at.file, after, g_strconcat(" ", what, NULL));
    return add_include(w, at.file, w->rule->after);
}

void hf_proposal_write(HfInfer *in, HfProposal *p, HfSources *sources)
{
    Writer w = { in, p, sources,
                 hf_rules_spelling(in->check.program->rules,
                                   hf_effect_word(p->kind), p->cap) };
    const char *pattern;

    g_ptr_array_set_size(p->edits, 0);
    if (!w.rule || (p->cap && strcmp(p->cap, p->lock) != 0)) {
        refuse(&w, "this profile has no spelling for it");
        return;
    }
    pattern = w.rule->body   ? w.rule->body
              : w.rule->after ? w.rule->after : w.rule->before;
    if (!pattern) {
        refuse(&w, "this profile has no spelling for it");
        return;
    }
    p->annotation = spell(&w, pattern);
    if (p->kind == HF_EFF_GUARDED_BY) {
        of_data(&w);
    } else {
        of_function(&w);
    }
}
