/* SPDX-License-Identifier: MIT */
/* Critical pairs in words. */
#include "check/critical.h"

#include <string.h>

#define MAX_TOLD 64

char *hf_critical_name(HfCritical *cr, const HfFlow *flow, HfX object,
                       HfX cls)
{
    const HfXNode *root = hf_x(cr->t, object ? hf_x_root(cr->t, object) : 0);

    /* what a callee got from somewhere has no name here */
    if (object && flow && root->kind != HF_X_TEMP &&
        root->kind != HF_X_UNKNOWN && root->kind != HF_X_SELF) {
        return hf_check_text(cr->check, flow, object);
    }
    return cls ? hf_check_stable(cr->check, cls) : g_strdup("it");
}

static void told_entry(HfCritical *cr, HfFinding *f, const HfFlow *flow,
                       HfX cls, int depth)
{
    g_autofree char *name = hf_check_stable(cr->check, cls);
    HfPlace at = hf_check_place(flow, UINT32_MAX);

    hf_finding_event(f, &at, "lock", depth, "\"%s\" runs with \"%s\" held.",
                     HF_PROGRAM_SYM(cr->s->program, flow->sym)->name, name);
}

int hf_critical_trace_hold(HfCritical *cr, HfFinding *f,
                           const HfCritPair *pair, const HfContext *ctx)
{
    const HfFlow *flow = cr->s->flows[pair->sym];
    int depth = ctx ? hf_trace_context(cr->check, f, flow, ctx) : 0;

    if (pair->hold.event == UINT32_MAX) {
        told_entry(cr, f, flow, pair->cls, depth);
    } else {
        hf_trace_hold(cr->check, f, flow, &pair->hold, depth);
    }
    return depth;
}

static const char *doing(const HfCritEvent *e)
{
    switch (e->kind) {
    case HF_CRIT_ACQUIRE:
        return e->retake ? "Locking again, after the wait," : "Locking";
    case HF_CRIT_WAKE:
        return "Waking whoever waits for";
    default:
        return "Waiting for";
    }
}

static void tell_end(HfCritical *cr, HfFinding *f, const HfFlow *flow,
                     const HfCritEvent *e, int depth)
{
    g_autofree char *name = hf_critical_name(cr, flow, e->object, e->cls);
    HfPlace at = hf_check_place(flow, e->event);

    if (!e->cls && !e->object) {
        const HfEvent *ev = hf_flow_event(flow, e->event);

        hf_finding_event(f, &at, "wait", depth, "\"%s\" waits here.",
                         ev->sym ? HF_PROGRAM_SYM(cr->s->program,
                                                  flow->unit->symbols[ev->sym])
                                       ->name : "This call");
        return;
    }
    hf_finding_event(f, &at, e->kind == HF_CRIT_ACQUIRE ? "lock"
                             : e->kind == HF_CRIT_WAKE ? "wake" : "wait",
                     depth, "%s \"%s\".", doing(e), name);
}

void hf_critical_trace(HfCritical *cr, HfFinding *f, const HfFlow *flow,
                       const HfCritEvent *e, int depth, gboolean first)
{
    for (guint n = 0; e->callee && n < MAX_TOLD; n++, depth++) {
        const HfFlow *next = cr->s->flows[e->callee];
        const char *callee = HF_PROGRAM_SYM(cr->s->program, e->callee)->name;
        HfPlace at = hf_check_place(flow, e->event);

        if (!n && !first) {
            /* the caller tells this one in its own words */
        } else if (hf_flow_event(flow, e->event)->kind ==
                   HF_EV_CALL_INDIRECT) {
            hf_finding_event(f, &at, "call", depth, "Calling \"%s\" through a "
                             "function pointer.", callee);
        } else {
            hf_finding_event(f, &at, "call", depth, "Calling \"%s\".",
                             callee);
        }
        e = &g_array_index(cr->events[e->callee], HfCritEvent, e->index);
        flow = next;
        if (!e->callee) {
            tell_end(cr, f, flow, e, depth + 1);
            return;
        }
    }
    if (first && !e->callee) {
        tell_end(cr, f, flow, e, depth);
    }
}

const HfFlow *hf_critical_end(const HfCritical *cr, const HfFlow *flow,
                              const HfCritEvent *e, uint32_t *event)
{
    for (guint n = 0; e->callee && n < MAX_TOLD; n++) {
        flow = cr->s->flows[e->callee];
        e = &g_array_index(cr->events[e->callee], HfCritEvent, e->index);
    }
    *event = e->event;
    return flow;
}
