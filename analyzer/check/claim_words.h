/* SPDX-License-Identifier: MIT */
/*
 * claim_words.h - what a comment says of a lock, by its words alone.  Private
 * to claim.c.
 */
#ifndef HOLDFAST_CLAIM_WORDS_H
#define HOLDFAST_CLAIM_WORDS_H

#include "check/claim.h"

typedef struct {
    char **words;  /* as written, punctuation around them left out */
    char **folded; /* in lower case */
    guint n;
} HfSentence;

/*
 * What do the words from i on name?  Returns how many they are, 0 when they
 * name no lock; *lock is then set.
 */
typedef guint (*HfNounFn)(const HfSentence *s, guint i, HfX *lock,
                          gpointer data);

typedef struct {
    HfClaimKind kind;
    gboolean hedged; /* "may", "in the savevm case", ... */
    gboolean writes; /* of writing only */
    HfX lock;
    guint noun, n_noun; /* the words that name it */
} HfSaid;

/* Sentences of a comment; (transfer full), of HfSentence*. */
GPtrArray *hf_sentences(const char *text);
/* What the first of the patterns that fits says; FALSE: nothing. */
gboolean hf_sentence_says(const HfSentence *s, gboolean of_data,
                          HfNounFn noun, gpointer data, HfSaid *out);

#endif
