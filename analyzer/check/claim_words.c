/* SPDX-License-Identifier: MIT */
/*
 * Patterns of sentences about locks.  A pattern is a row of words:
 *   a|b   one of these words
 *   ?a|b  the same, or nothing
 *   ~N    at most N words that deny nothing
 *   @     words that name a lock
 *   ^ $   start and end of the sentence
 */
#include "check/claim_words.h"

#include <string.h>

typedef struct {
    HfClaimKind kind;
    gboolean of_data; /* of members and variables, else of functions */
    const char *words;
} Pattern;

#define RUN "called|call|run|runs|running|executed|invoked|entered|used"
#define TAKEN "held|locked|taken|acquired"

/* What denies comes first: the others would find their words in it. */
static const Pattern patterns[] = {
    { HF_CLAIM_NOT_HELD, FALSE, RUN " ~2 outside ?of @" },
    { HF_CLAIM_NOT_HELD, FALSE, RUN " ~2 without ?holding @ ?" TAKEN },
    { HF_CLAIM_NOT_HELD, FALSE, RUN " ~1 with @ not " TAKEN },
    { HF_CLAIM_NOT_HELD, FALSE, RUN " ~1 with @ released|unlocked|dropped" },
    { HF_CLAIM_NOT_HELD, FALSE, "must|should|shall not ?already hold|own @" },
    { HF_CLAIM_NOT_HELD, FALSE,
      "must|should|shall not be " RUN " ~1 with|under|holding @ ?" TAKEN },
    { HF_CLAIM_NOT_HELD, FALSE,
      "@ must|should|shall not ?already be ?already " TAKEN },
    { HF_CLAIM_NOT_HELD, FALSE, "^ @ not " TAKEN " $" },

    { HF_CLAIM_HELD, FALSE, RUN " ~2 with @ " TAKEN },
    { HF_CLAIM_HELD, FALSE, "^ with @ " TAKEN },
    { HF_CLAIM_HELD, FALSE, RUN " ~2 under|inside|within|holding @" },
    { HF_CLAIM_HELD, FALSE, "caller|callers ~2 hold|holds|own|owns @" },
    { HF_CLAIM_HELD, FALSE, "caller|callers ~2 hold|holds @" },
    { HF_CLAIM_HELD, FALSE,
      "must|should|shall|has|have|needs|need ?to ?already hold|own @" },
    { HF_CLAIM_HELD, FALSE,
      "must|should|shall be " RUN " ~1 with|under|holding @ ?" TAKEN },
    { HF_CLAIM_HELD, FALSE,
      "@ must|should|shall|has|needs ?to ?already be ?already " TAKEN },
    { HF_CLAIM_HELD, FALSE, "@ is|are ?already held" },
    { HF_CLAIM_HELD, FALSE,
      "requires|assumes|expects|needs ?that @ ?is ?to ?be " TAKEN },
    { HF_CLAIM_HELD, FALSE, "^ @ held $" },
    { HF_CLAIM_HELD, FALSE, RUN " ~1 in|from|by @ ?context" },

    { HF_CLAIM_GUARDED, TRUE,
      "protected|guarded|covered|serialized|serialised|synchronized|"
      "synchronised|locked ?only by|with|under|using|via|through @" },
    { HF_CLAIM_GUARDED, TRUE,
      "accessed|modified|changed|written|read|touched|updated|used|"
      "manipulated|accesses|access ~2 under|with|holding|inside|within @ ?"
      TAKEN },
    { HF_CLAIM_GUARDED, TRUE,
      "access|accesses|accessing ~1 requires|require|needs|need @" },
    { HF_CLAIM_GUARDED, TRUE, "^ under @ $" },
    { HF_CLAIM_GUARDED, TRUE, "^ needs|requires @ $" },
};

/* The sentence is true of some ways or times only. */
static const char *const hedges[] = {
    "if", "unless", "may", "might", "can", "could", "either", "both", "or",
    "except", "usually", "normally", "sometimes", "when", "whenever", "case",
    "cases", "until", "mostly", "maybe", "probably", "possibly", "optionally",
    "without", "once", "temporarily", "otherwise", "some",
    "moving", "setting", "before", "after", "during", NULL,
};
static const char *const denials[] = {
    "not", "never", "no", "cannot", "don't", "doesn't", "isn't", "needn't",
    "nor", "neither", NULL,
};
static const char *const writings[] = {
    "write", "writes", "written", "writing", "writers", "modify", "modified",
    "changes", "changed", "update", "updates", "updated", "read", "reads",
    "reading", NULL,
};

/* ---- sentences ---------------------------------------------------------- */

static void sentence_free(gpointer data)
{
    HfSentence *s = data;

    g_strfreev(s->words);
    g_strfreev(s->folded);
    g_free(s);
}

static void close_sentence(GPtrArray *out, GPtrArray *words)
{
    HfSentence *s;

    if (!words->len) {
        return;
    }
    s = g_new0(HfSentence, 1);
    s->n = words->len;
    s->words = g_new0(char *, s->n + 1);
    s->folded = g_new0(char *, s->n + 1);
    for (guint i = 0; i < s->n; i++) {
        s->words[i] = g_ptr_array_index(words, i);
        s->folded[i] = g_ascii_strdown(s->words[i], -1);
    }
    g_ptr_array_set_size(words, 0);
    g_ptr_array_add(out, s);
}

/* Letters, digits, _, -> and . inside; what stands around is left out. */
static char *bare_word(const char *raw, gboolean *ends)
{
    const char *start = raw + strcspn(raw, "abcdefghijklmnopqrstuvwxyz"
                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789_$");
    gsize n = strlen(start);

    *ends = FALSE;
    while (n && !g_ascii_isalnum(start[n - 1]) && start[n - 1] != '_') {
        *ends |= strchr(".!;?", start[n - 1]) != NULL;
        n--;
    }
    if (n > 2 && strncmp(start + n - 2, "'s", 2) == 0) {
        n -= 2;
    }
    return g_strndup(start, n);
}

GPtrArray *hf_sentences(const char *text)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(sentence_free);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_auto(GStrv) raw = g_strsplit_set(text, " \t\n", -1);

    for (guint i = 0; raw[i]; i++) {
        gboolean ends;
        char *word = bare_word(raw[i], &ends);

        if (*word) {
            g_ptr_array_add(words, word);
        } else {
            g_free(word);
        }
        if (ends) {
            close_sentence(out, words);
        }
    }
    close_sentence(out, words);
    return out;
}

/* ---- matching ----------------------------------------------------------- */

typedef struct {
    const HfSentence *s;
    HfNounFn noun;
    gpointer data;
    HfSaid *out;
} Match;

static gboolean is_one_of(const char *word, const char *list)
{
    gsize n = strlen(word);

    for (const char *p = list; p;) {
        gsize len = strcspn(p, "|");

        if (len == n && strncmp(p, word, n) == 0) {
            return TRUE;
        }
        p = p[len] ? p + len + 1 : NULL;
    }
    return FALSE;
}

static gboolean match(Match *m, char **p, guint w);

static gboolean match_gap(Match *m, char **p, guint w, guint most)
{
    for (guint i = 0; i <= most && w + i <= m->s->n; i++) {
        if (match(m, p + 1, w + i)) {
            return TRUE;
        }
        if (w + i < m->s->n && g_strv_contains(denials,
                                               m->s->folded[w + i])) {
            return FALSE;
        }
    }
    return FALSE;
}

static gboolean match_noun(Match *m, char **p, guint w)
{
    HfX lock = 0;
    guint n = w < m->s->n ? m->noun(m->s, w, &lock, m->data) : 0;

    if (!n || !match(m, p + 1, w + n)) {
        return FALSE;
    }
    m->out->lock = lock;
    m->out->noun = w;
    m->out->n_noun = n;
    return TRUE;
}

static gboolean match(Match *m, char **p, guint w)
{
    const char *word = w < m->s->n ? m->s->folded[w] : "";

    if (!*p) {
        return TRUE;
    }
    switch (**p) {
    case '^':
        return w == 0 && match(m, p + 1, w);
    case '$':
        return w == m->s->n && match(m, p + 1, w);
    case '~':
        return match_gap(m, p, w, (guint)((*p)[1] - '0'));
    case '?':
        return (*word && is_one_of(word, *p + 1) && match(m, p + 1, w + 1)) ||
               match(m, p + 1, w);
    case '@':
        return match_noun(m, p, w);
    default:
        return *word && is_one_of(word, *p) && match(m, p + 1, w + 1);
    }
}

static gboolean has_any(const HfSentence *s, const char *const *list)
{
    for (guint i = 0; i < s->n; i++) {
        if (g_strv_contains(list, s->folded[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_sentence_says(const HfSentence *s, gboolean of_data,
                          HfNounFn noun, gpointer data, HfSaid *out)
{
    Match m = { s, noun, data, out };

    for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_auto(GStrv) p = patterns[i].of_data == of_data
                              ? g_strsplit(patterns[i].words, " ", -1) : NULL;
        gboolean found = FALSE;

        for (guint w = 0; p && w < s->n && !found; w++) {
            found = match(&m, p, w);
        }
        if (found) {
            gboolean denied = patterns[i].kind != HF_CLAIM_NOT_HELD &&
                              has_any(s, denials);

            out->kind = patterns[i].kind;
            out->writes = of_data && has_any(s, writings);
            out->hedged = denied || has_any(s, hedges);
            if (out->kind == HF_CLAIM_NOT_HELD && strstr(patterns[i].words,
                                                         "without")) {
                /* its own word is no hedge */
                out->hedged = FALSE;
                for (guint w = 0; w < s->n; w++) {
                    out->hedged |= strcmp(s->folded[w], "without") != 0 &&
                                   g_strv_contains(hedges, s->folded[w]);
                }
            }
            return TRUE;
        }
    }
    return FALSE;
}
