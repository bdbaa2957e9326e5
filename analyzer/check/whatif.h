/* SPDX-License-Identifier: MIT */
/*
 * whatif.h - would it be safe to take a lock around an access that is made
 * without it, and if so, how?
 *
 *     HfWhatIfs *all = hf_whatifs_new(check);
 *     HfWhatIf *w = hf_whatif(all, flow, &access->event, 1, lock);
 *     hf_whatif_trace(all, finding, w, 0);
 *     ... w->verdict, w->text, w->patch ...
 *     hf_whatif_free(w);
 *     hf_whatifs_free(all);
 *
 * Private to check.  A HfWhatIfs belongs to one thread, borrows the check and
 * refers to it.
 */
#ifndef HOLDFAST_WHATIF_H
#define HOLDFAST_WHATIF_H

#include "check/critical.h"
#include "check/lock_order.h"
#include "check/wakers.h"

G_BEGIN_DECLS

typedef enum {
    HF_WHATIF_SAFE,
    HF_WHATIF_DOUBLE_LOCK, /* the thread has it already, on some way in */
    HF_WHATIF_ORDER,       /* another thread takes them in the other order; a
                              circle of three is not looked for */
    HF_WHATIF_BLOCKS,      /* its holder waits for what comes after here */
    HF_WHATIF_UNKNOWN,     /* no telling which lock this is */
} HfWhatIfVerdict;

typedef struct {
    HfWhatIfVerdict verdict;
    char *text;     /* a sentence, in the source's names */
    char *patch;    /* unified diff, paths relative to the program's root; NULL
                       when there is none */
    char *no_patch; /* why not; NULL when there is a patch or it is not safe */
    /* what the trace is made of */
    const HfFlow *flow;
    uint32_t event;
    HfX lock, cls;
    HfCritPair other; /* sym 0: none: the holder that is in the way */
    uint32_t wake_event; /* BLOCKS: the call in flow that wakes it */
    HfCritEvent wake;
} HfWhatIf;

/* "safe", "blocks", ... */
const char *hf_whatif_word(HfWhatIfVerdict verdict);

typedef struct HfWhatIfs HfWhatIfs;

HfWhatIfs *hf_whatifs_new(HfCheck *c);
void hf_whatifs_free(HfWhatIfs *w);

/*
 * Taking `lock` (an object, in flow's terms) around the accesses of flow at
 * these events, relative, ascending, n > 0.  (transfer full)
 */
HfWhatIf *hf_whatif(HfWhatIfs *all, const HfFlow *flow,
                    const uint32_t *events, guint n, HfX lock);
void hf_whatif_free(HfWhatIf *w);

/* Appends why not: how the holder got there, and what would wake it; nothing
 * when it is safe. */
void hf_whatif_trace(HfWhatIfs *all, HfFinding *f, const HfWhatIf *w,
                     int depth);

/* whatif_patch.c: the diff, or NULL and why not in *why.  (transfer full) */
char *hf_whatif_patch(HfCritical *cr, const HfFlow *flow,
                      const uint32_t *events, guint n, HfX lock, HfX cls,
                      char **why);

G_END_DECLS

#endif
