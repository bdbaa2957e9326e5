/* SPDX-License-Identifier: MIT */
/*
 * The states at one point.  They are few, so what is nearly alike is made
 * one: states that hold the same locks always, unless they answer a condition
 * differently that is asked for again; others only when there is no room.
 */
#include "solve/flow.h"

/* Room that is left for states which hold different locks. */
#define MAX_SPLIT (HF_MAX_STATES - 3)

/* May they be merged without losing track of a lock? */
static gboolean alike(const HfRun *r, const HfState *a, const HfState *s,
                      gboolean leaving)
{
    return hf_state_same_locks(a, s) &&
           (leaving || !hf_state_names_differ(&r->body, a, s));
}

/* A state that s can be merged into and nothing asked for again is lost. */
static HfState *twin_of(const HfRun *r, const HfStates *states, guint from,
                        guint to, const HfState *s, gboolean leaving)
{
    for (guint i = from; i < to; i++) {
        HfState *a = states->v[i];

        if (a && alike(r, a, s, leaving) &&
            (leaving ? !hf_watch_differ_outside(r, a, s)
                     : !hf_watch_differ(r, a, s))) {
            return a;
        }
    }
    return NULL;
}

/* Of the states with equal locks, the two whose difference matters least;
 * FALSE: there are no two. */
static gboolean least_pair(const HfRun *r, const HfStates *states,
                           gboolean leaving, guint *first, guint *second)
{
    int best = G_MAXINT;

    for (guint i = 0; i < states->n; i++) {
        for (guint k = i + 1; k < states->n; k++) {
            int weight;

            if (!alike(r, states->v[i], states->v[k], leaving)) {
                continue;
            }
            weight = hf_watch_weight(r, states, states->v[i], states->v[k]);
            if (weight < best) {
                best = weight;
                *first = i;
                *second = k;
            }
        }
    }
    return best != G_MAXINT;
}

static HfState *closest(const HfStates *states, guint from, const HfState *s,
                        int *distance)
{
    HfState *best = NULL;

    *distance = G_MAXINT;
    for (guint i = from; i < states->n; i++) {
        int d = states->v[i] ? hf_state_distance(states->v[i], s) : G_MAXINT;

        if (d < *distance) {
            *distance = d;
            best = states->v[i];
        }
    }
    return best;
}

static gboolean force(HfRun *r, HfState *a, const HfState *s, int distance)
{
    if (distance >= HF_STATE_FAR) {
        r->out->imprecise = TRUE;
    }
    return hf_watch_merge(r, a, s);
}

gboolean hf_states_join(HfRun *r, HfStates *to, const HfState *s,
                        gboolean leaving)
{
    HfState *twin = twin_of(r, to, 0, to->n, s, leaving);
    guint a, b;
    int distance;

    if (twin) {
        return hf_watch_merge(r, twin, s);
    }
    if (to->n < HF_MAX_STATES) {
        to->v[to->n++] = hf_run_copy(r, s);
        if (to->n > MAX_SPLIT && least_pair(r, to, leaving, &a, &b)) {
            hf_watch_merge(r, to->v[a], to->v[b]);
            to->v[b] = to->v[--to->n];
        }
        return TRUE;
    }
    twin = closest(to, 0, s, &distance);
    return force(r, twin, s, distance);
}

void hf_states_add(HfRun *r, HfStates *states, HfState *s)
{
    HfState *twin = twin_of(r, states, states->first_out, states->n, s,
                            FALSE);
    int distance;

    if (twin) {
        hf_watch_merge(r, twin, s);
    } else if (states->n < G_N_ELEMENTS(states->v)) {
        states->v[states->n++] = s;
    } else {
        twin = closest(states, states->first_out, s, &distance);
        if (twin) {
            force(r, twin, s, distance);
        } else {
            r->out->imprecise = TRUE;
        }
    }
}

/* Nearest pair first, until few enough are left. */
void hf_states_limit(HfRun *r, HfStates *states)
{
    guint n = 0;

    for (guint i = 0; i < states->n; i++) {
        HfState *twin = twin_of(r, states, 0, n, states->v[i], FALSE);

        if (twin) {
            hf_watch_merge(r, twin, states->v[i]);
        } else {
            states->v[n++] = states->v[i];
        }
    }
    states->n = n;
    while (states->n > HF_MAX_STATES) {
        guint a = 0, b = 1;
        int best = G_MAXINT;

        for (guint i = 0; i < states->n; i++) {
            for (guint k = i + 1; k < states->n; k++) {
                int d = hf_state_distance(states->v[i], states->v[k]);

                if (d < best) {
                    best = d;
                    a = i;
                    b = k;
                }
            }
        }
        force(r, states->v[a], states->v[b], best);
        states->v[b] = states->v[--states->n];
    }
}

void hf_states_collapse(HfRun *r, HfStates *states)
{
    for (guint i = 1; i < states->n; i++) {
        if (!hf_state_same_locks(states->v[0], states->v[i])) {
            return;
        }
    }
    while (states->n > 1) {
        hf_watch_merge(r, states->v[0], states->v[--states->n]);
    }
}
