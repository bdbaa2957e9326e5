/* SPDX-License-Identifier: MIT */
/*
 * STRING_COPY: strings copied without a bound, or cut without anybody
 * noticing.
 *
 * Silent where the copy provably fits: a literal, or a format whose output is
 * bounded, into an array of known size.
 */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

/* One call of a copying function. */
typedef struct {
    const HfFlow *flow;
    const HfEvent *event;
    uint32_t number;       /* of the event, relative */
    const HfClause *clause;
    const char *callee;
    HfId to, from;         /* paths of the arguments, 0 none */
    gint64 size;           /* of what `to` is, -1 unknown */
} Copy;

static const HfFacts *facts(const Copy *k)
{
    return k->flow->unit->facts;
}

static HfId argument(const Copy *k, guint i)
{
    return i < k->event->n_args ? facts(k)->args[k->event->first_arg + i] : 0;
}

/* ---- sizes --------------------------------------------------------------- */

/* "char[16]" -> 16; -1 for anything else. */
static gint64 bytes_of_type(const char *type)
{
    const char *open = strchr(type, '[');
    g_autofree char *element = open ? g_strndup(type, open - type) : NULL;
    char *end;
    gint64 n;

    if (!open || strchr(open + 1, '[')) {
        return -1;
    }
    g_strstrip(element);
    if (strcmp(element, "char") != 0 && strcmp(element, "uint8_t") != 0 &&
        strcmp(element, "unsigned char") != 0 &&
        strcmp(element, "signed char") != 0) {
        return -1;
    }
    n = g_ascii_strtoll(open + 1, &end, 10);
    return *end == ']' && n > 0 ? n : -1;
}

/* Size of a whole array of bytes, -1 for anything else. */
static gint64 array_size(const HfFacts *f, HfId path)
{
    const HfPath *a = &f->paths[path];

    switch (a->kind) {
    case HF_PATH_FIELD:
        return bytes_of_type(hf_str(f, f->fields[a->ref].type));
    case HF_PATH_LOCAL:
        return bytes_of_type(hf_str(f, f->locals[a->ref].type));
    case HF_PATH_GLOBAL:
        return bytes_of_type(hf_str(f, f->symbols[a->ref].type));
    default:
        return -1;
    }
}

/* Bytes from where a pointer points to the end of its array. */
static gint64 room(const HfFacts *f, HfId pointer)
{
    const HfPath *p = &f->paths[pointer];
    gint64 n;

    if (p->kind != HF_PATH_ADDR) {
        return -1;
    }
    if (f->paths[p->parent].kind != HF_PATH_INDEX) {
        return array_size(f, p->parent); /* &array, cast */
    }
    p = &f->paths[p->parent];
    n = p->value >= 0 ? array_size(f, p->parent) : -1;
    return n > p->value ? n - p->value : -1;
}

static const char *literal(const HfFacts *f, HfId path)
{
    const HfPath *p = &f->paths[path];

    return path && p->kind == HF_PATH_STRING ? hf_str(f, p->ref) : NULL;
}

/* Longest output of a conversion of so many 'h's; -1 without a bound. */
static gint64 number_bound(char conversion, int halves)
{
    static const gint64 decimal[] = { 20, 6, 4 }; /* with the sign */
    static const gint64 hex[] = { 18, 6, 4 };     /* with 0x */
    static const gint64 octal[] = { 23, 7, 4 };

    switch (conversion) {
    case 'd': case 'i': case 'u':
        return decimal[halves];
    case 'x': case 'X':
        return hex[halves];
    case 'o':
        return octal[halves];
    case 'p':
        return 18;
    case 'c': case '%':
        return 1;
    default:
        return -1;
    }
}

/* Longest output of one conversion behind its '%'; -1 without a bound. */
static gint64 conversion_bound(const char **at)
{
    const char *p = *at;
    gboolean alternate = memchr(p, '#', strspn(p, "-+ #0")) != NULL;
    gint64 width, precision = -1, bound;
    int halves = 0;

    p += strspn(p, "-+ #0");
    width = strtol(p, (char **)&p, 10);
    if (*p == '.') {
        precision = strtol(p + 1, (char **)&p, 10);
    }
    for (; *p && strchr("hlzjt", *p); p++) {
        halves += *p == 'h';
    }
    bound = *p == 's' ? precision : number_bound(*p, MIN(halves, 2));
    if ((*p == 'x' || *p == 'X') && !alternate) {
        bound -= 2;
    }
    if (*p != 's' && bound >= 0) {
        bound = MAX(bound, precision);
    }
    *at = *p ? p + 1 : p;
    return bound < 0 || width > 4096 ? -1 : MAX(bound, width);
}

/* Longest result of a format, without the final 0; -1 without a bound. */
static gint64 format_bound(const char *format)
{
    gint64 n = 0;

    for (const char *p = format; *p;) {
        if (*p++ == '%') {
            gint64 one = conversion_bound(&p);

            if (one < 0) {
                return -1;
            }
            n += one;
        } else {
            n++;
        }
    }
    return n;
}

/* ---- what kind of copy -------------------------------------------------- */

/* A printf-like function has its format in the last fixed parameter; it is
 * told by being variadic. */
static gboolean is_format(const HfCheck *c, const Copy *k)
{
    HfSymId sym = k->flow->unit->symbols[k->event->sym];

    return HF_PROGRAM_SYM(c->program, sym)->flags & HF_SYM_VARIADIC;
}

static const char *format_of(const HfCheck *c, const Copy *k)
{
    HfSymId sym = k->flow->unit->symbols[k->event->sym];
    guint n = HF_PROGRAM_SYM(c->program, sym)->n_params;

    return is_format(c, k) && n ? literal(facts(k), argument(k, n - 1))
                                : NULL;
}

/* strncpy and its like end the string only if there is room left. */
static gboolean may_leave_open(const char *callee)
{
    return strstr(callee, "ncpy") != NULL;
}

static gboolean appends(const char *callee)
{
    return strstr(callee, "cat") != NULL;
}

/* Longest string that may be written, -1 when there is no bound.  An array
 * that is a source holds a string that ends in it. */
static gint64 longest(const HfCheck *c, const Copy *k, gboolean arrays)
{
    const char *format = format_of(c, k);
    const char *text = literal(facts(k), k->from);
    gint64 n;

    if (is_format(c, k)) {
        return format ? format_bound(format) : -1;
    }
    n = k->from && arrays ? room(facts(k), k->from) : -1;
    return text ? (gint64)strlen(text) : n > 0 ? n - 1 : -1;
}

/* Filled for this function's own use, or part of something larger? */
static gboolean is_own_array(const Copy *k)
{
    const HfFacts *f = facts(k);
    HfId path = k->to;

    while (f->paths[path].parent) {
        path = f->paths[path].parent;
    }
    return k->size >= 0 && f->paths[path].kind == HF_PATH_LOCAL &&
           !(f->locals[f->paths[path].ref].type_flags & HF_TYPE_POINTER);
}

/* The length of the source is looked at before: strlen() and the like of the
 * same argument earlier in the function. */
static gboolean length_was_measured(const Copy *k)
{
    const HfFacts *f = facts(k);

    for (uint32_t i = 0; i < k->number; i++) {
        const HfEvent *e = hf_flow_event(k->flow, i);
        const char *name;

        if (e->kind != HF_EV_CALL || !e->n_args ||
            f->args[e->first_arg] != k->from) {
            continue;
        }
        name = hf_str(f, f->symbols[e->sym].name);
        if (strstr(name, "strlen") || strstr(name, "strnlen")) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Something writes a 0 into the destination after the copy. */
static gboolean is_terminated(const Copy *k)
{
    const HfFacts *f = facts(k);
    const HfPath *to = &f->paths[k->to];
    HfId array = to->kind == HF_PATH_ADDR &&
                 f->paths[to->parent].kind == HF_PATH_INDEX
                     ? f->paths[to->parent].parent : 0;

    for (uint32_t i = k->number + 1; i < k->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(k->flow, i);
        const HfPath *p = &f->paths[e->path];
        const HfPath *base = &f->paths[p->parent];

        if (e->kind == HF_EV_WRITE && p->kind == HF_PATH_INDEX &&
            (p->parent == array || (base->kind == HF_PATH_DEREF &&
                                    base->parent == k->to)) &&
            f->paths[e->value].kind == HF_PATH_CONST &&
            f->paths[e->value].value == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- findings ------------------------------------------------------------ */

static HfFinding *finding(HfCheck *c, const Copy *k, const char *what)
{
    HfFinding *f = hf_check_finding(c, k->flow, what);

    f->key_subject = g_strdup(k->callee);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(what);
    f->rule = g_strdup_printf("%s:%d", k->clause->effect->place.file,
                              k->clause->effect->place.line);
    return f;
}

static char *text_of(const Copy *k, HfId path)
{
    const HfFacts *f = facts(k);
    const HfPath *p = &f->paths[path];
    GString *s = g_string_new(NULL);

    /* &a[0] is how the facts spell the array a */
    if (p->kind == HF_PATH_ADDR &&
        f->paths[p->parent].kind == HF_PATH_INDEX &&
        f->paths[p->parent].value == 0) {
        path = f->paths[p->parent].parent;
    } else if (p->kind == HF_PATH_ADDR && array_size(f, p->parent) >= 0) {
        path = p->parent;
    }
    hf_facts_path_text(f, path, s);
    return g_string_free(s, FALSE);
}

static void suggest(const Copy *k, HfFinding *f, const HfPlace *at)
{
    const char *other = k->clause->effect->other;

    if (other && *other) {
        hf_finding_event(f, at, "remediation", 0, "Better: %s.", other);
    }
}

static void overflow(HfCheck *c, const Copy *k, gint64 n)
{
    HfFinding *f = finding(c, k, "overflow");
    HfPlace at = hf_check_place(k->flow, k->number);
    g_autofree char *to = text_of(k, k->to);

    hf_finding_main(f, &at, "string_copy", 0,
                    "\"%s\" writes %" G_GINT64_FORMAT " bytes into \"%s\", "
                    "which has room for %" G_GINT64_FORMAT ".", k->callee,
                    n + 1, to, k->size);
    hf_finding_reason(f, "both lengths are constant");
    suggest(k, f, &at);
    f->tier = HF_TIER_HIGH;
    hf_findings_add(c->findings, f);
}

static void check_unbounded(HfCheck *c, const Copy *k)
{
    gint64 n = longest(c, k, TRUE);
    gboolean is_literal = literal(facts(k), k->from) && !is_format(c, k);
    HfPlace at = hf_check_place(k->flow, k->number);
    g_autofree char *to = NULL;
    HfFinding *f;

    if (n >= 0 && k->size > n && !appends(k->callee)) {
        return;
    }
    if (is_literal && k->size >= 0 && n >= k->size) {
        overflow(c, k, n);
        return;
    }
    if (n < 0 && length_was_measured(k) && k->size < 0) {
        return; /* allocated to measure, or checked */
    }
    to = text_of(k, k->to);
    f = finding(c, k, "unbounded");
    hf_finding_main(f, &at, "string_copy", 0,
                    "\"%s\" copies into \"%s\" without a bound.", k->callee,
                    to);
    suggest(k, f, &at);
    f->tier = HF_TIER_LOW;
    if (n >= 0 && k->size >= 0 && n >= k->size) {
        hf_finding_reason(f, "up to %" G_GINT64_FORMAT " bytes into %"
                          G_GINT64_FORMAT, n + 1, k->size);
        f->tier = is_format(c, k) ? HF_TIER_LOW : HF_TIER_MEDIUM;
    } else if (n >= 0) {
        hf_finding_reason(f, "what is copied has a limited length");
    } else if (length_was_measured(k)) {
        hf_finding_reason(f, "the length was looked at before");
    } else if (k->size >= 0) {
        hf_finding_reason(f, "an array of %" G_GINT64_FORMAT " bytes, and "
                          "nothing seen that limits the source", k->size);
        f->tier = is_own_array(k) ? HF_TIER_MEDIUM : HF_TIER_LOW;
    } else {
        hf_finding_reason(f, "the size of the destination is not known");
    }
    hf_findings_add(c->findings, f);
}

/* The size that snprintf and its like are given; -1 unknown. */
static gint64 given_size(const HfCheck *c, const Copy *k)
{
    const HfPath *p = &facts(k)->paths[k->from];

    return is_format(c, k) && k->from && p->kind == HF_PATH_CONST ? p->value
                                                                  : -1;
}

static void check_truncating(HfCheck *c, const Copy *k)
{
    gint64 n = longest(c, k, FALSE); /* an array may be filled to the brim */
    gint64 given = given_size(c, k);
    gboolean format = is_format(c, k);
    HfPlace at = hf_check_place(k->flow, k->number);
    g_autofree char *to = NULL;
    gboolean open;
    HfFinding *f;

    if ((n >= 0 && (given >= 0 ? given : k->size) > n) ||
        (format && k->event->flags & HF_EV_TRUNCATE_CHECKED)) {
        return;
    }
    open = may_leave_open(k->callee) &&
           k->event->flags & HF_EV_SIZEOF_FULL && !is_terminated(k);
    if (!format && !open && is_terminated(k)) {
        return;
    }
    to = text_of(k, k->to);
    f = finding(c, k, open ? "unterminated" : "truncation");
    if (open) {
        hf_finding_main(f, &at, "string_copy", 0,
                        "\"%s\" leaves \"%s\" without a final 0 when the "
                        "source fills it.", k->callee, to);
        hf_finding_reason(f, "the whole size is given, and nothing writes "
                             "the final 0");
    } else {
        hf_finding_main(f, &at, "string_copy", 0,
                        "\"%s\" cuts what does not fit into \"%s\", and "
                        "nobody looks.", k->callee, to);
        hf_finding_reason(f, "cutting may be meant");
    }
    suggest(k, f, &at);
    f->tier = HF_TIER_LOW;
    hf_findings_add(c->findings, f);
}

/* ---- the checker --------------------------------------------------------- */

static void check_call(HfCheck *c, const HfFlow *flow, uint32_t number,
                       const HfEvent *e)
{
    HfSymId sym = flow->unit->symbols[e->sym];
    const HfContract *k = hf_contract_of(c->solved->contracts, sym);
    Copy copy = { .flow = flow, .event = e, .number = number,
                  .callee = HF_PROGRAM_SYM(c->program, sym)->name };

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        guint to = cl->arg >= 0 ? cl->arg : 0;

        if (cl->kind != HF_EFF_STRING_COPY &&
            cl->kind != HF_EFF_STRING_COPY_TRUNCATING) {
            continue;
        }
        copy.clause = cl;
        copy.to = argument(&copy, to);
        copy.from = argument(&copy, to + 1);
        copy.size = copy.to ? room(facts(&copy), copy.to) : -1;
        if (cl->kind == HF_EFF_STRING_COPY) {
            check_unbounded(c, &copy);
        } else {
            check_truncating(c, &copy);
        }
        return;
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t number = g_array_index(flow->calls, HfCall, i).event;
        const HfEvent *e = hf_flow_event(flow, number);

        if (e->kind == HF_EV_CALL) {
            check_call(c, flow, number, e);
        }
    }
}

static void run(HfCheck *c)
{
    hf_check_each_flow(c, check_flow, NULL);
}

const HfChecker hf_checker_string_copy = {
    .name = "STRING_COPY",
    .summary = "strings copied without a bound, or cut silently",
    .cwe = 120,
    .impact = HF_IMPACT_LOW,
    .run = run,
};
