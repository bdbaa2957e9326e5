/* SPDX-License-Identifier: MIT */
#include "check/suppressions.h"
#include "report/reasons.h"
#include "report/report.h"

#include <string.h>

static HfFinding *finding_at(HfCheck *c, const char *what, const char *file,
                             int line, const char *subject)
{
    HfFinding *f = hf_finding_new(c->checker->name, what);

    f->cwe = c->checker->cwe;
    f->impact = c->checker->impact;
    f->tier = HF_TIER_MEDIUM;
    f->function = g_strdup("");
    f->key_function = g_path_get_basename(file);
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(what);
    f->rule = g_strdup("built in");
    return f;
}

/* ---- comments ------------------------------------------------------------ */

static GArray *collect_comments(const HfProgram *p)
{
    GArray *marks = g_array_new(FALSE, TRUE, sizeof(HfSourceMark));
    GHashTable *seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 1; i < p->units->len; i++) {
        const HfFacts *f = HF_PROGRAM_UNIT(p, i)->facts;

        for (uint32_t k = 1; k < f->n_comments; k++) {
            const HfComment *row = &f->comments[k];
            const HfLoc *loc = &f->locs[row->loc];
            HfSourceMark m = {
                .file = hf_str(f, f->files[loc->file].path),
                .line = row->applies_line, .comment_line = loc->line,
                .text = hf_str(f, row->text),
            };

            /* a header's comment comes with every unit */
            if (g_hash_table_add(seen, g_strdup_printf(
                    "%s:%u:%u", m.file, loc->line, loc->col))) {
                g_array_append_val(marks, m);
            }
        }
    }
    g_hash_table_unref(seen);
    return marks;
}

/* Names a checker that the rules switch off: it may be needed again. */
static gboolean names_disabled(const HfCheck *c, const char *text)
{
    for (const HfChecker *const *k = hf_checkers(); *k; k++) {
        const HfCheckerRule *rule =
            hf_rules_checker(c->program->rules, (*k)->name);

        if (rule && !rule->enabled && strstr(text, (*k)->name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* In a spelling of NOLINT, too: "holdfast-missing-lock". */
static gboolean names_checker(const char *text)
{
    g_autofree char *folded = g_ascii_strdown(text, -1);

    g_strdelimit(folded, "-", '_');
    for (const HfChecker *const *k = hf_checkers(); *k; k++) {
        g_autofree char *name = g_ascii_strdown((*k)->name, -1);

        if (strstr(folded, name)) {
            return TRUE;
        }
    }
    return strstr(folded, "(all)") || strchr(folded, '*');
}

/* A mark that gives a reason which what is known of other threads disproves. */
static HfFinding *untrue_at(HfCheck *c, const HfPlace *at, const char *code,
                            const HfFinding *against)
{
    HfFinding *f = finding_at(c, "untrue_reason", at->file, at->line, code);
    const HfTraceEvent *e = hf_finding_main_event(against);

    hf_finding_main(f, at, "annotation", 0, "The reason \"%s\" is not true: "
                    "at the same time %s.", code, against->race_text);
    hf_finding_event(f, &e->place, "note", 0, "%s", against->message);
    hf_finding_reason(f, "both threads are known, and the calls that lead "
                         "there");
    g_free(f->key_lock);
    f->key_lock = g_strdup(against->key_subject);
    return f;
}

static void tell_comment(HfCheck *c, const HfSourceMark *m, gboolean all_ran)
{
    int line = m->comment_line ? m->comment_line : m->line;
    HfPlace at = { .file = (char *)m->file, .line = line };
    HfFinding *f;

    if (m->state == HF_MARK_UNTRUE) {
        f = untrue_at(c, &at, m->code, m->against);
    } else if (m->state == HF_MARK_BROKEN) {
        f = finding_at(c, "broken_suppression", m->file, line, m->text);
        hf_finding_main(f, &at, "annotation", 0, "This comment cannot be "
                        "used as it is: %s.", m->problem);
        hf_finding_reason(f, "it is addressed to this tool");
    } else if (m->state == HF_MARK_UNUSED && !names_checker(m->text)) {
        if (!strstr(m->text, "holdfast:")) {
            return; /* speaks about such comments */
        }
        f = finding_at(c, "broken_suppression", m->file, line, m->text);
        hf_finding_main(f, &at, "annotation", 0,
                        "This comment names no checker.");
        hf_finding_reason(f, "it is addressed to this tool");
    } else if (m->state == HF_MARK_UNUSED && all_ran &&
               !names_disabled(c, m->text)) {
        f = finding_at(c, "unused_suppression", m->file, line, m->text);
        hf_finding_main(f, &at, "annotation", 0,
                        "This comment suppresses nothing.");
        hf_finding_reason(f, "no finding of that kind is on its line");
    } else {
        return;
    }
    hf_findings_add(c->findings, f);
}

/* ---- statements ---------------------------------------------------------- */

/* A mark in a body. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;
    const char *file;
    int first, last;   /* lines of the statement it speaks of */
    const char *checker; /* NULL: whatever is found there */
    char *code;
    const char *text;
    gboolean used;
    const HfFinding *against; /* that disproves the code */
} Intent;

static const char *string_argument(const HfFlow *flow, const HfEvent *e,
                                   guint i)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *p = i < e->n_args
                          ? &f->paths[f->args[e->first_arg + i]] : NULL;

    return p && p->kind == HF_PATH_STRING ? hf_str(f, p->ref) : "";
}

static char *leading_word(const char *text)
{
    return g_strndup(text, strspn(text, "abcdefghijklmnopqrstuvwxyz_"
                                        "0123456789"));
}

/* Past a comment, a string or a character constant that starts at p; p itself
 * when none does.  Lines that were passed are counted. */
static const char *past_token(const char *p, int *line)
{
    char quote = *p;

    if (p[0] == '/' && (p[1] == '*' || p[1] == '/')) {
        const char *end = p[1] == '*' ? strstr(p + 2, "*/")
                                      : strchr(p, '\n');

        end = !end ? p + strlen(p) : p[1] == '*' ? end + 2 : end;
        for (; p < end; p++) {
            *line += *p == '\n';
        }
        return p;
    }
    if (quote != '"' && quote != '\'') {
        return p;
    }
    for (p++; *p && *p != quote && *p != '\n'; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        }
    }
    return *p == quote ? p + 1 : p;
}

/* The line where a statement that starts at p ends: at its semicolon, or at
 * the brace that opens what it governs.  p is left behind it. */
static int statement_end(const char **at, int line)
{
    const char *p = *at;
    int depth = 0;

    while (*p) {
        const char *next = past_token(p, &line);

        if (next != p) {
            p = next;
            continue;
        }
        if (*p == '(' || *p == '[') {
            depth++;
        } else if (*p == ')' || *p == ']') {
            depth--;
        } else if (depth <= 0 && (*p == ';' || *p == '{' || *p == '}')) {
            p++;
            break;
        }
        line += *p++ == '\n';
    }
    *at = p;
    return line;
}

/* The lines of the statement after the mark.  The facts have no statements,
 * so that the text tells; without it, the mark speaks of what the next event
 * is on. */
static void find_statement(Intent *in)
{
    HfPlace mark = hf_check_place(in->flow, in->event);
    uint32_t next = in->event + 1;
    g_autofree char *text = NULL;
    const char *p;
    int line = 1;

    in->first = in->last = next < in->flow->fn->n_events
                               ? (int)hf_flow_loc(in->flow, next)->line : 0;
    if (!g_file_get_contents(mark.file, &text, NULL, NULL)) {
        return;
    }
    for (p = text; *p && line < mark.line; p++) {
        line += *p == '\n';
    }
    line = statement_end(&p, line); /* the mark itself */
    while (*p == ' ' || *p == '\t' || *p == '\n') {
        line += *p++ == '\n';
    }
    in->first = line;
    in->last = statement_end(&p, line);
}

static void read_intent(Intent *in, const HfEvent *e)
{
    const char *first = string_argument(in->flow, e, 0);
    const HfChecker *checker = hf_checker_find(first);

    in->text = string_argument(in->flow, e, 1);
    if (checker) {
        in->checker = checker->name;
        in->code = leading_word(in->text);
    } else {
        in->code = g_strdup(first);
    }
    in->file = hf_check_place(in->flow, in->event).file;
    find_statement(in);
}

static void intent_clear(gpointer data)
{
    g_free(((Intent *)data)->code);
}

static GArray *collect_intents(const HfCheck *c)
{
    const GArray *order = c->program->functions;
    GArray *out = g_array_new(FALSE, FALSE, sizeof(Intent));

    g_array_set_clear_func(out, intent_clear);
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *flow =
            c->solved->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < flow->calls->len; k++) {
            Intent in = { .flow = flow, .event = g_array_index(
                              flow->calls, HfCall, k).event };
            const HfEvent *e = hf_flow_event(flow, in.event);

            if (e->kind == HF_EV_CALL && HF_CONTRACT_HAS(
                    hf_contract_of(c->solved->contracts,
                                   flow->unit->symbols[e->sym]),
                    HF_EFF_INTENTIONAL)) {
                read_intent(&in, e);
                g_array_append_val(out, in);
            }
        }
    }
    return out;
}

static gboolean speaks_of(const Intent *in, const HfFinding *f)
{
    const HfTraceEvent *e = hf_finding_main_event(f);

    return e && strcmp(e->place.file, in->file) == 0 &&
           e->place.line >= in->first && e->place.line <= in->last &&
           (in->checker ? strcmp(in->checker, f->checker) == 0
                        : hf_reason_is_code(in->code));
}

static void apply_intent(HfFindings *fs, Intent *in)
{
    HfPlace at = hf_check_place(in->flow, in->event);

    for (guint i = 0; i < fs->list->len; i++) {
        HfFinding *f = g_ptr_array_index(fs->list, i);

        if (f->suppressed || !speaks_of(in, f)) {
            continue;
        }
        in->used = TRUE;
        if (!in->against && hf_reason_disproved(f, in->code)) {
            in->against = f;
        }
        g_free(f->suppression);
        hf_finding_suggest(f, "Intentional", in->code, NULL);
        f->suppressed = TRUE;
        f->suppression = g_strdup_printf("%s:%d: Intentional: %s", at.file,
                                         at.line, in->text);
    }
}

static void tell_intent(HfCheck *c, const Intent *in, gboolean all_ran)
{
    HfPlace at = hf_check_place(in->flow, in->event);
    gboolean known = hf_reason_is_code(in->code);
    HfFinding *f;

    if (!known) {
        f = finding_at(c, "unknown_reason", at.file, at.line, in->code);
        if (in->checker) {
            hf_finding_main(f, &at, "annotation", 0, "The reason has to "
                            "start with a reason code: \"%s\" is none.",
                            in->code);
        } else {
            hf_finding_main(f, &at, "annotation", 0, "\"%s\" is neither a "
                            "checker nor a reason code.", in->code);
        }
        hf_finding_reason(f, "known codes: %s", hf_reason_codes());
    } else if (in->against) {
        f = untrue_at(c, &at, in->code, in->against);
    } else if (!in->used && all_ran &&
               !(in->checker && names_disabled(c, in->checker))) {
        f = finding_at(c, "unused_suppression", at.file, at.line,
                       in->checker ? in->checker : in->code);
        hf_finding_main(f, &at, "annotation", 0,
                        "Nothing is found in the statement that this mark "
                        "speaks of.");
        hf_finding_reason(f, "no finding of that kind is on its lines");
    } else {
        return;
    }
    g_free(f->function);
    f->function = g_strdup(HF_PROGRAM_SYM(c->program, in->flow->sym)->name);
    hf_findings_add(c->findings, f);
}

/* ---- rules --------------------------------------------------------------- */

typedef struct {
    const HfIntentRule *rule;
    const char *checker;
    gboolean used;
    const HfFinding *against;
} Ruled;

static gboolean ruled_speaks_of(const Ruled *r, const HfFinding *f)
{
    return strcmp(f->checker, r->checker) == 0 &&
           (!r->rule->function ||
            g_pattern_match_simple(r->rule->function, f->function)) &&
           (!r->rule->field || g_strcmp0(r->rule->field, f->key_subject) == 0);
}

static void apply_ruled(HfFindings *fs, Ruled *r)
{
    const char *code = hf_intent_code(r->rule);

    for (guint i = 0; i < fs->list->len; i++) {
        HfFinding *f = g_ptr_array_index(fs->list, i);

        if (f->suppressed || !ruled_speaks_of(r, f)) {
            continue;
        }
        r->used = TRUE;
        if (!r->against && hf_reason_disproved(f, code)) {
            r->against = f;
        }
        g_free(f->suppression);
        hf_finding_suggest(f, "Intentional", code, NULL);
        f->suppressed = TRUE;
        f->suppression = g_strdup_printf("%s:%d: Intentional: %s",
                                         r->rule->place.file,
                                         r->rule->place.line,
                                         r->rule->reason);
    }
}

/* Rules speak of all programs of a kind; only of this one when they name one
 * of its functions. */
static gboolean is_about_program(const HfCheck *c, const HfIntentRule *rule)
{
    const GArray *all = c->program->functions;

    for (guint i = 0; rule->function && i < all->len; i++) {
        if (g_pattern_match_simple(
                rule->function,
                HF_PROGRAM_SYM(c->program,
                               g_array_index(all, HfSymId, i))->name)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void tell_ruled(HfCheck *c, const Ruled *r, gboolean all_ran)
{
    const HfRulePlace *p = &r->rule->place;
    HfPlace at = { .file = (char *)p->file, .line = p->line, .col = p->col };
    HfFinding *f;

    if (r->against) {
        f = untrue_at(c, &at, hf_intent_code(r->rule), r->against);
    } else if (!r->used && all_ran && !names_disabled(c, r->checker) &&
               is_about_program(c, r->rule)) {
        f = finding_at(c, "unused_suppression", at.file, at.line, r->checker);
        hf_finding_main(f, &at, "annotation", 0,
                        "Nothing is found that this rule speaks of.");
        hf_finding_reason(f, "no finding of %s is there", r->checker);
    } else {
        return;
    }
    hf_findings_add(c->findings, f);
}

static GArray *collect_ruled(const HfCheck *c)
{
    const GPtrArray *all = c->program->rules->checkers;
    GArray *out = g_array_new(FALSE, TRUE, sizeof(Ruled));

    for (guint i = 0; i < all->len; i++) {
        const HfCheckerRule *k = g_ptr_array_index(all, i);

        for (guint n = 0; n < k->intentional->len; n++) {
            Ruled r = { .rule = g_ptr_array_index(k->intentional, n),
                        .checker = k->name };

            g_array_append_val(out, r);
        }
    }
    return out;
}

/* ---- all of them -------------------------------------------------------- */

void hf_suppressions_apply(HfCheck *c, gboolean tell, gboolean all_ran)
{
    GArray *comments = collect_comments(c->program);
    GArray *intents = collect_intents(c);
    GArray *ruled = collect_ruled(c);

    for (guint i = 0; i < intents->len; i++) {
        apply_intent(c->findings, &g_array_index(intents, Intent, i));
    }
    hf_findings_suppress(c->findings,
                         (HfSourceMark *)(gpointer)comments->data,
                         comments->len);
    for (guint i = 0; i < ruled->len; i++) {
        apply_ruled(c->findings, &g_array_index(ruled, Ruled, i));
    }
    for (guint i = 0; tell && i < comments->len; i++) {
        tell_comment(c, &g_array_index(comments, HfSourceMark, i), all_ran);
    }
    for (guint i = 0; tell && i < intents->len; i++) {
        tell_intent(c, &g_array_index(intents, Intent, i), all_ran);
    }
    for (guint i = 0; tell && i < ruled->len; i++) {
        tell_ruled(c, &g_array_index(ruled, Ruled, i), all_ran);
    }
    g_array_unref(comments);
    g_array_unref(intents);
    g_array_unref(ruled);
}
