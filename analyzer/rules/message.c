/* SPDX-License-Identifier: MIT */
/* Wording of errors: places, quoting, suggestions. */
#include "rules/message.h"
#include <string.h>

#define MAX_QUOTED 60
#define MAX_LISTED 15
#define MAX_COMPARED 40

G_DEFINE_QUARK(hf-rules-error-quark, hf_rules_error)

void hf_rules_fail(GError **error, HfRulesError code, const HfRulePlace *at,
                   const char *fmt, ...)
{
    va_list args;
    char *text;

    if (!error || *error)
        return;
    va_start(args, fmt);
    text = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_set_error(error, HF_RULES_ERROR, code, "%s:%d:%d: %s", at->file,
                at->line, at->col, text);
    g_free(text);
}

char *hf_quote(const char *text)
{
    GString *out = g_string_new("'");
    gsize shown = 0;

    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gsize n = g_utf8_next_char(p) - p;

        if (shown + n > MAX_QUOTED) {
            g_string_append(out, "...");
            break;
        }
        if ((guchar)*p < ' ' || *p == 0x7f)
            g_string_append_printf(out, "\\x%02x", (guchar)*p);
        else
            g_string_append_len(out, p, n);
        shown += n;
    }
    g_string_append_c(out, '\'');
    return g_string_free(out, FALSE);
}

/* Edits from a to b, a swap of neighbours counting one. */
static guint distance(const char *a, const char *b)
{
    guint rows[3][MAX_COMPARED + 1];
    guint *prev2 = rows[0], *prev = rows[1], *cur = rows[2];
    gsize na = strlen(a), nb = strlen(b);

    if (na > MAX_COMPARED || nb > MAX_COMPARED)
        return G_MAXUINT;
    for (gsize j = 0; j <= nb; j++)
        prev[j] = j;
    for (gsize i = 1; i <= na; i++) {
        guint *spare = prev2;

        cur[0] = i;
        for (gsize j = 1; j <= nb; j++) {
            guint best = prev[j - 1] + (a[i - 1] != b[j - 1]);

            best = MIN(best, prev[j] + 1);
            best = MIN(best, cur[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1])
                best = MIN(best, prev2[j - 2] + 1);
            cur[j] = best;
        }
        prev2 = prev;
        prev = cur;
        cur = spare;
    }
    return prev[nb];
}

const char *hf_nearest(const char *text, const char *const *words)
{
    gsize len = strlen(text);
    guint limit = len < 2 ? 0 : len <= 3 ? 1 : len / 3;
    const char *best = NULL;

    for (; *words; words++) {
        guint d = distance(text, *words);

        if (d <= limit && (!best || d < distance(text, best)))
            best = *words;
    }
    return best;
}

static char *add_found(GString *out, const char *separator, const char *found,
                       const char *near)
{
    char *quoted = hf_quote(found);

    g_string_append_printf(out, "%s found %s", separator, quoted);
    if (near)
        g_string_append_printf(out, " (did you mean '%s'?)", near);
    g_free(quoted);
    return g_string_free(out, FALSE);
}

static void add_words(GString *out, const char *const *words)
{
    for (guint i = 0; words[i]; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "", words[i]);
}

char *hf_expected_word(const char *kind, const char *const *words,
                       const char *found)
{
    const char *near = hf_nearest(found, words);
    GString *out = g_string_new("expected ");
    guint n = g_strv_length((char **)words);

    if (near && n > MAX_LISTED) {
        g_string_append(out, kind);
        return add_found(out, ",", found, near);
    }
    g_string_append(out, n == 1 ? "" : "one of ");
    add_words(out, words);
    return add_found(out, ";", found, near);
}

char *hf_expected_name(const char *kind, const char *const *names,
                       const char *found)
{
    GString *out = g_string_new(NULL);
    guint n = g_strv_length((char **)names);

    g_string_append_printf(out, "expected %s", kind);
    if (n > 0 && n <= MAX_LISTED) {
        g_string_append(out, " (");
        add_words(out, names);
        g_string_append_c(out, ')');
    }
    return add_found(out, ",", found, hf_nearest(found, names));
}
