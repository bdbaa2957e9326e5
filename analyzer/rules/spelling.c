/* SPDX-License-Identifier: MIT */
/* How names, arguments and capability expressions are spelled. */
#include "rules/loader.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 512
#define MAX_ARG 99

gboolean hf_is_identifier(const char *text, const char *also)
{
    if (!*text || strlen(text) > MAX_TEXT || g_ascii_isdigit(*text))
        return FALSE;
    for (const char *p = text; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '_' && !strchr(also, *p))
            return FALSE;
    return TRUE;
}

gboolean hf_parse_int(const char *text, int *number)
{
    char *end;
    long value;

    if (!g_ascii_isdigit(*text) && *text != '-')
        return FALSE;
    errno = 0;
    value = strtol(text, &end, 10);
    if (*end || end == text || errno || value < INT_MIN || value > INT_MAX)
        return FALSE;
    *number = value;
    return TRUE;
}

gboolean hf_parse_arg(const char *text, int *arg)
{
    if (strcmp(text, "ret") == 0) {
        *arg = -1;
        return TRUE;
    }
    if (!g_str_has_prefix(text, "arg") || strlen(text) > 5)
        return FALSE;
    return hf_parse_int(text + 3, arg) && *arg >= 0 && *arg <= MAX_ARG;
}

gboolean hf_parse_pair(const char *text, HfEffect *effect)
{
    char **parts = g_strsplit(text, ",", 3);
    gboolean ok = g_strv_length(parts) == 2 &&
        hf_is_identifier(g_strstrip(parts[0]), "") &&
        hf_is_identifier(g_strstrip(parts[1]), "");

    if (ok && effect) {
        g_free(effect->cap);
        g_free(effect->other);
        effect->other = NULL;
        effect->cap = g_strdup(parts[0]);
        if (!hf_parse_arg(parts[1], &effect->arg)) {
            effect->arg = HF_ARG_BY_NAME;
            effect->other = g_strdup(parts[1]);
        }
    }
    g_strfreev(parts);
    return ok;
}

/* Brackets close in order, and no alternative between '|' is empty. */
static gboolean is_cap_expression(const char *text)
{
    char open[32];
    guint depth = 0;
    gboolean empty = TRUE;

    if (!*text || strlen(text) > MAX_TEXT || g_ascii_isspace(*text) ||
        g_ascii_isspace(text[strlen(text) - 1]))
        return FALSE;
    for (const char *p = text; *p; p++) {
        if (*p == '\n' || *p == '\t')
            return FALSE;
        if (*p == '(' || *p == '[') {
            if (depth == G_N_ELEMENTS(open))
                return FALSE;
            open[depth++] = *p == '(' ? ')' : ']';
        } else if (*p == ')' || *p == ']') {
            if (depth == 0 || open[--depth] != *p)
                return FALSE;
        }
        if (*p == '|' && empty)
            return FALSE;
        empty = *p == '|' || (empty && *p == ' ');
    }
    return depth == 0 && !empty;
}

static gboolean is_cap_names(const char *text)
{
    char **names = g_strsplit(text, "|", -1);
    gboolean ok = names[0] != NULL;

    for (char **n = names; *n && ok; n++)
        ok = hf_is_identifier(*n, "");
    g_strfreev(names);
    return ok;
}

/* What -D takes: NAME, NAME(PARAMETERS), either with =VALUE. */
static gboolean is_define(const char *text)
{
    gsize n = strcspn(text, "(=");
    char *name = g_strndup(text, n);
    gboolean ok = hf_is_identifier(name, "");

    if (text[n] == '(') {
        n += strspn(text + n + 1, "abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_., ") + 1;
        ok = ok && text[n] == ')' && (text[n + 1] == '=' || !text[n + 1]);
    }

    g_free(name);
    return ok && !strchr(text, '\n') && strlen(text) <= MAX_TEXT;
}

static gboolean spelled_right(const char *text, HfValueKind kind)
{
    int number;

    switch (kind) {
    case HF_VALUE_NAME:
    case HF_VALUE_CAP_NAME:
    case HF_VALUE_ROLE_NAME:
        return hf_is_identifier(text, "");
    case HF_VALUE_PATTERN:
    case HF_VALUE_TRUE_OR_NAME:
        return hf_is_identifier(text, "*?");
    case HF_VALUE_PROFILE:
        return hf_is_identifier(text, "-");
    case HF_VALUE_DEFINE:
        return is_define(text);
    case HF_VALUE_CAP:
        return is_cap_expression(text);
    case HF_VALUE_CAP_NAMES_OR:
        return is_cap_names(text);
    case HF_VALUE_PAIR:
        return hf_parse_pair(text, NULL);
    case HF_VALUE_ARG:
        return hf_parse_arg(text, &number);
    case HF_VALUE_INT:
        return hf_parse_int(text, &number);
    case HF_VALUE_RANK:
        return hf_parse_int(text, &number) || hf_is_identifier(text, "");
    default:
        return *text != '\0';
    }
}

static gboolean may_capture(HfValueKind kind)
{
    return kind == HF_VALUE_CAP || kind == HF_VALUE_RANK ||
        kind == HF_VALUE_TRUE_OR_NAME || kind == HF_VALUE_STRING ||
        kind == HF_VALUE_PAIR;
}

const char *hf_check_spelling(const char *text, HfValueKind kind,
                              gboolean captures)
{
    if (strstr(text, "$1") && may_capture(kind)) {
        if (!captures)
            return "no $1 where nothing is captured";
        if (kind == HF_VALUE_CAP)
            return is_cap_expression(text) ? NULL : hf_value_kind_text(kind);
        if (kind == HF_VALUE_STRING || strcmp(text, "$1") == 0)
            return NULL;
    }
    return spelled_right(text, kind) ? NULL : hf_value_kind_text(kind);
}
