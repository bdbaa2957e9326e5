/* SPDX-License-Identifier: MIT */
#include "report/reasons.h"

#include <string.h>

typedef struct {
    const char *code;
    /* by what another thread does at the same time */
    gboolean not_with_write, not_with_read;
} Code;

static const Code codes[] = {
    { "caller_holds", TRUE, TRUE }, /* the lock is taken further up */
    { "init_phase", TRUE, TRUE },   /* nobody else sees the object yet, or any
                                       more */
    { "set_once", TRUE, TRUE },     /* written before it is shared, then only
                                       read */
    { "sole_writer", TRUE, FALSE }, /* only this thread writes it */
    { "atomic_hint", FALSE, FALSE }, /* a stale value does no harm */
    { "not_shared", TRUE, TRUE },   /* never seen by two threads at once */
    { "joined", TRUE, TRUE },       /* the other thread has ended */
    { "kick", FALSE, FALSE },       /* wakes who holds the lock */
    { "benign", FALSE, FALSE },     /* the race is real and harmless */
    { "other", FALSE, FALSE },
};

static const Code *find(const char *word, gsize n)
{
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (strlen(codes[i].code) == n &&
            strncmp(codes[i].code, word, n) == 0) {
            return &codes[i];
        }
    }
    return NULL;
}

gboolean hf_reason_is_code(const char *word)
{
    return find(word, strlen(word)) != NULL;
}

const char *hf_reason_codes(void)
{
    return "caller_holds, init_phase, set_once, sole_writer, atomic_hint, "
           "not_shared, joined, kick, benign, other";
}

const char *hf_reason_leading(const char *text)
{
    const Code *c = find(text, strspn(text, "abcdefghijklmnopqrstuvwxyz_"));

    return c ? c->code : NULL;
}

gboolean hf_reason_disproved(const HfFinding *f, const char *code)
{
    const Code *c = find(code, strlen(code));

    return c && ((f->race == HF_RACE_WITH_WRITE && c->not_with_write) ||
                 (f->race == HF_RACE_WITH_READ && c->not_with_read));
}
