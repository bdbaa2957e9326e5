/* SPDX-License-Identifier: MIT */
/*
 * WIRE_STRUCT: an object is sent as the bytes it is made of, and some of them
 * are nobody's business: addresses of this process, which mean nothing
 * elsewhere, and padding, which holds whatever was in that memory before.
 */
#include "check/wire.h"

typedef struct {
    HfWire wire;
} Run;

/* One call that sends an object. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;
    const HfEvent *e;
    HfSymId callee;
    const HfWireSink *sink;
    HfWireObject object;
    const HfWireLayout *layout;
} Sent;

static const char *part_name(const Sent *s, const HfPart *p)
{
    return hf_str(s->layout->f, p->path);
}

static const char *record_name(const HfCheck *c, const Sent *s)
{
    return HF_PROGRAM_RECORD(c->program, s->object.record)->name;
}

static const HfPart *first_part(const Sent *s, HfPartKind kind, guint *n)
{
    const HfRecord *r = s->layout->record;
    const HfPart *found = NULL;

    *n = 0;
    for (uint32_t i = 0; i < r->n_parts; i++) {
        const HfPart *p = &s->layout->f->parts[r->first_part + i];

        if (p->kind == kind) {
            /* one that is surely an address speaks before one that may be */
            if (!found || (found->flags & HF_PART_IN_UNION &&
                           !(p->flags & HF_PART_IN_UNION))) {
                found = p;
            }
            ++*n;
        }
    }
    return found;
}

static const char *where_to(const Sent *s)
{
    switch (s->sink->sink) {
    case HF_TO_GUEST:
        return "to the guest";
    case HF_TO_STREAM:
        return "out of the program";
    default:
        return "to a descriptor";
    }
}

/* ---- reports ------------------------------------------------------------ */

static void tell_way(HfCheck *c, HfFinding *f, const Sent *s, Run *run)
{
    const HfWireSink *sink = s->sink;
    HfSymId sym = s->callee;

    for (int depth = 1; sink && sink->next && depth < 8; depth++) {
        HfPlace at = hf_check_place(c->solved->flows[sym], sink->event);

        hf_finding_event(f, &at, "call", depth,
                         "\"%s\" passes it on to \"%s\".",
                         HF_PROGRAM_SYM(c->program, sym)->name,
                         HF_PROGRAM_SYM(c->program, sink->next)->name);
        sym = sink->next;
        sink = hf_wire_sink(&run->wire, sym);
    }
}

static HfFinding *begin(HfCheck *c, const Sent *s, const char *what)
{
    HfFinding *f = hf_check_finding(c, s->flow, what);
    const HfEffect *rule = s->sink->rule;

    f->key_subject = g_strdup(record_name(c, s));
    f->key_lock = g_strdup(HF_PROGRAM_SYM(c->program, s->callee)->name);
    f->key_shape = g_strdup(what);
    f->rule = g_strdup_printf("%s:%d", rule->place.file, rule->place.line);
    return f;
}

/* fds[1]: one of two ends that this program has both of, as likely as not. */
static gboolean is_own_pipe(const Sent *s)
{
    const HfFacts *f = s->flow->unit->facts;
    const HfPath *p = s->e->n_args
                          ? &f->paths[f->args[s->e->first_arg]] : NULL;

    return s->sink->sink == HF_TO_DESCRIPTOR && p &&
           p->kind == HF_PATH_INDEX;
}

static HfTier tier_of(HfFinding *f, const Sent *s)
{
    if (is_own_pipe(s)) {
        hf_finding_reason(f, "one of an array of descriptors, as a pipe that "
                             "stays in the program has them");
        return HF_TIER_LOW;
    }
    if (s->sink->sink == HF_TO_DESCRIPTOR) {
        hf_finding_reason(f, "where the descriptor leads is not known");
        return HF_TIER_MEDIUM;
    }
    hf_finding_reason(f, "the bytes go %s", where_to(s));
    return HF_TIER_HIGH;
}

static void report_pointers(HfCheck *c, Run *run, const Sent *s,
                            const HfPart *p)
{
    HfPlace at = hf_check_place(s->flow, s->event);
    HfFinding *f = begin(c, s, "pointers");
    guint n;

    first_part(s, HF_PART_POINTER, &n);
    hf_finding_main(f, &at, "wire_struct", 0,
                    "\"%s\" sends an object of \"%s\" as it is %s, with the "
                    "address in \"%s\"%s.",
                    HF_PROGRAM_SYM(c->program, s->callee)->name,
                    record_name(c, s), where_to(s), part_name(s, p),
                    n > 1 ? " and others" : "");
    tell_way(c, f, s, run);
    f->tier = tier_of(f, s);
    if (s->object.origin == HF_WIRE_FILLED && f->tier == HF_TIER_HIGH) {
        hf_finding_reason(f, "all of it was written over, so it may be NULL");
        f->tier = HF_TIER_MEDIUM;
    }
    if (p->flags & HF_PART_IN_UNION) {
        hf_finding_reason(f, "other members of a union may be meant there");
        f->tier = HF_TIER_LOW;
    }
    hf_findings_add(c->findings, f);
}

static void report_padding(HfCheck *c, Run *run, const Sent *s,
                           const HfPart *p)
{
    HfPlace at = hf_check_place(s->flow, s->event);
    HfFinding *f = begin(c, s, "padding");
    guint n;

    first_part(s, HF_PART_PADDING, &n);
    hf_finding_main(f, &at, "wire_struct", 0,
                    "\"%s\" sends an object of \"%s\" as it is %s, with %u %s "
                    "of padding%s%s%s%s.",
                    HF_PROGRAM_SYM(c->program, s->callee)->name,
                    record_name(c, s), where_to(s), p->size,
                    p->size == 1 ? "byte" : "bytes",
                    *part_name(s, p) ? " after \"" : "", part_name(s, p),
                    *part_name(s, p) ? "\"" : "", n > 1 ? " and more" : "");
    tell_way(c, f, s, run);
    f->tier = tier_of(f, s);
    if (s->object.origin == HF_WIRE_RAW) {
        hf_finding_reason(f, "made in this function, which writes its "
                             "members only");
    } else {
        hf_finding_reason(f, "who made it, and whether it was zeroed, is not "
                             "seen");
        f->tier = HF_TIER_LOW;
    }
    if (p->flags & HF_PART_BITS && n == 1) {
        hf_finding_reason(f, "the unused bits of a bit-field");
        f->tier = HF_TIER_LOW;
    }
    hf_findings_add(c->findings, f);
}

/* One finding a call: an address is worse than padding, and what may be one
 * is less than either. */
static void report(HfCheck *c, Run *run, const Sent *s)
{
    guint n;
    const HfPart *pointer = first_part(s, HF_PART_POINTER, &n);
    const HfPart *padding = s->object.origin != HF_WIRE_FILLED
                                ? first_part(s, HF_PART_PADDING, &n) : NULL;

    /* whoever knows the type of what it passes on has been told already */
    if (s->sink->next && s->sink->bytes) {
        pointer = NULL;
    }
    if (pointer && (!padding || !(pointer->flags & HF_PART_IN_UNION))) {
        report_pointers(c, run, s, pointer);
    } else if (padding) {
        report_padding(c, run, s, padding);
    }
}

/* ---- calls -------------------------------------------------------------- */

static gboolean covers(const Sent *s)
{
    gboolean times;
    gint64 bytes = hf_wire_bytes(s->flow, s->e, s->sink, &times);
    gint64 size = s->layout->record->size;

    return bytes >= size && bytes % size == 0;
}

static void check_call(HfCheck *c, Run *run, const HfFlow *flow,
                       uint32_t event)
{
    Sent s = { .flow = flow, .event = event,
               .e = hf_flow_event(flow, event) };

    if (s.e->kind != HF_EV_CALL) {
        return;
    }
    s.callee = flow->unit->symbols[s.e->sym];
    s.sink = hf_wire_sink(&run->wire, s.callee);
    if (!s.sink || s.sink->data < 0 || (guint)s.sink->data >= s.e->n_args ||
        !hf_wire_object(&run->wire, flow,
                        flow->unit->facts->args[s.e->first_arg +
                                                s.sink->data], &s.object)) {
        return;
    }
    s.layout = hf_wire_layout(&run->wire, s.object.record);
    if (s.layout && covers(&s)) {
        report(c, run, &s);
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Run *run = data;
    const HfWireSink *own = hf_wire_sink(&run->wire, flow->sym);

    if (own && !own->next) {
        return; /* named in the rules: it sends what others gave it */
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        check_call(c, run, flow, g_array_index(flow->calls, HfCall, i).event);
    }
}

static void run_wire_struct(HfCheck *c)
{
    const GArray *order = c->program->functions;
    Run run;

    hf_wire_init(&run.wire, c);
    for (guint i = 0; i < order->len; i++) {
        hf_wire_derive(&run.wire,
                       c->solved->flows[g_array_index(order, HfSymId, i)]);
    }
    hf_check_each_flow(c, check_flow, &run);
    hf_wire_clear(&run.wire);
}

const HfChecker hf_checker_wire_struct = {
    .name = "WIRE_STRUCT",
    .summary = "addresses or padding leave the program with an object",
    .cwe = 188,
    .impact = HF_IMPACT_MEDIUM,
    .run = run_wire_struct,
};
