/* SPDX-License-Identifier: MIT */
#include "check/unlocked.h"
#include "check/witness_priv.h"

#include <string.h>

/* A broken contract stays worth a look where only the present callers make it
 * harmless; not where no other thread exists. */
static HfTier proved_tier(const HfWitness *found, HfTier tier,
                          HfGuardOrigin origin)
{
    if (origin != HF_GUARD_DECLARED || strcmp(found->code, "init_phase") == 0 ||
        strcmp(found->code, "joined") == 0) {
        return HF_TIER_LOW;
    }
    return MAX(tier, HF_TIER_MEDIUM);
}

/* Who breaks a contract alone has not proved that others never will. */
static gboolean counts(const HfWitness *found, HfGuardOrigin origin)
{
    return found->verdict == HF_PARALLEL_NO && found->code &&
           (origin != HF_GUARD_DECLARED ||
            (strcmp(found->code, "not_shared") != 0 &&
             strcmp(found->code, "set_once") != 0));
}

/* Two accesses that perhaps one loop runs, or that a thread nobody sees might
 * make. */
static HfTier doubted_tier(const HfWitness *found, HfFinding *f,
                           HfGuardOrigin origin)
{
    gboolean nobody = found->self.ctx->role < 0 && found->other.ctx->role < 0;

    if (origin == HF_GUARD_IN_PASSING && !nobody) {
        hf_finding_reason(f, "nobody takes the lock for its sake, and no two "
                             "threads are seen to meet");
        return HF_TIER_LOW;
    }
    return found->how.why == HF_PARALLEL_EVENTS &&
                   origin != HF_GUARD_DECLARED
               ? MAX(f->tier, HF_TIER_MEDIUM) : f->tier;
}

static int rank_of(const HfFinding *f, const HfAccess *a)
{
    return (f->race == HF_RACE_UNKNOWN ? 2 : 0) +
           (hf_guard_is_write(a) ? 0 : 1);
}

static char *group_of(const HfFinding *f)
{
    return g_strjoin("\n", f->checker, f->key_subject, f->key_lock,
                     f->subcategory[0] == 's' ? f->subcategory : "",
                     f->reason_code ? f->reason_code : "", NULL);
}

/* Would it help to take the lock here?  FALSE: its holder waits for what comes
 * after this, so that whoever wrote this cannot have meant to take it. */
static gboolean say_what_if(HfWitnesses *w, HfFinding *f, const HfFlow *flow,
                        const HfAccess *a, HfX lock)
{
    HfWhatIfs *all = hf_witness_what_ifs(w);
    HfWhatIf *x = hf_whatif(all, flow, &a->event, 1, lock);
    gboolean possible = x->verdict != HF_WHATIF_BLOCKS;

    if (x->verdict != HF_WHATIF_UNKNOWN) {
        f->what_if = g_strdup_printf(
            "%s: %s%s%s", hf_whatif_word(x->verdict), x->text,
            x->no_patch ? " No patch: " : "", x->no_patch ? x->no_patch : "");
        f->patch = g_strdup(x->patch);
        hf_whatif_trace(all, f, x, 0);
    }
    hf_whatif_free(x);
    return possible;
}

gboolean hf_unlocked_finish(HfWitnesses *w, HfFinding *f, const HfFlow *flow,
                            const HfAccess *a, HfX lock,
                            HfGuardOrigin origin)
{
    gboolean possible;
    HfWitness found;

    hf_witness_find(w, flow, a, lock, &found);
    if (f->reason_code) { /* proved by what the object is */
        found.verdict = HF_PARALLEL_NO;
        found.code = NULL;
    } else if (counts(&found, origin)) {
        f->tier = proved_tier(&found, f->tier, origin);
    } else if (found.verdict == HF_PARALLEL_NO) {
        found.code = NULL;
    } else if (found.verdict == HF_PARALLEL_MAYBE) {
        f->tier = doubted_tier(&found, f, origin);
    }
    hf_witness_tell(w, f, &found);
    possible = !lock || say_what_if(w, f, flow, a, lock);
    if (!possible) {
        hf_finding_reason(f, "the lock cannot be taken here");
        f->tier = HF_TIER_LOW;
    }
    f->rank = rank_of(f, a);
    f->group = group_of(f);
    hf_witness_clear(&found);
    return possible;
}
