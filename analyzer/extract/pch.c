/* SPDX-License-Identifier: MIT */
/*
 * pch.c - the .meta file of a precompiled header:
 *
 *     holdfast-pch 1
 *     pch NAME              the .pch, beside this file
 *     file HASH PATH        one line for each file read, numbered from 0
 *     again                 the file above was entered more than once
 *     macros NAME NAME...   that the file above defined
 *     edge FROM TO          numbers of files
 *     end
 */
#include "pch.h"
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "holdfast-pch 1"

HfPch *hf_pch_new(void)
{
    HfPch *pch = g_new0(HfPch, 1);

    pch->files = g_ptr_array_new_with_free_func(g_free);
    pch->hashes = g_array_new(FALSE, FALSE, sizeof(HfHash));
    pch->edges = g_array_new(FALSE, FALSE, sizeof(HfPchEdge));
    pch->again = g_array_new(FALSE, FALSE, sizeof(gboolean));
    pch->macros = g_ptr_array_new_with_free_func(g_free);
    return pch;
}

void hf_pch_add_file(HfPch *pch, const char *path)
{
    g_ptr_array_add(pch->files, g_strdup(path));
    g_ptr_array_add(pch->macros, g_strdup(""));
    g_array_set_size(pch->again, pch->files->len);
    g_array_index(pch->again, gboolean, pch->files->len - 1) = FALSE;
}

void hf_pch_free(HfPch *pch)
{
    if (!pch) {
        return;
    }
    g_free(pch->path);
    g_ptr_array_unref(pch->files);
    g_array_unref(pch->hashes);
    g_array_unref(pch->edges);
    g_array_unref(pch->again);
    g_ptr_array_unref(pch->macros);
    g_free(pch);
}

void hf_pch_key(const HfPchGroup *group, const HfHash *tool, HfHash *key)
{
    HfDigest *digest = hf_digest_new();

    hf_digest_add(digest, tool->bytes, sizeof(tool->bytes));
    hf_digest_string(digest, group->directory);
    hf_digest_strings(digest, group->args);
    for (guint i = 0; i < group->headers->len; i++) {
        hf_digest_string(digest, group->headers->pdata[i]);
    }
    hf_digest_finish(digest, key);
}

/* ---- reading ------------------------------------------------------------ */

/* Parses a line that adds something; FALSE when it is none of those. */
static gboolean parse_line(HfPch *pch, const char *dir, const char *line)
{
    guint n = pch->files->len;
    HfHash hash;
    HfPchEdge edge;

    if (g_str_has_prefix(line, "file ") && hf_hash_parse(line + 5, &hash) &&
        line[37] == ' ') {
        g_array_append_val(pch->hashes, hash);
        hf_pch_add_file(pch, line + 38);
        return TRUE;
    }
    if (g_str_has_prefix(line, "macros ") && n) {
        g_free(pch->macros->pdata[n - 1]);
        pch->macros->pdata[n - 1] = g_strdup(line + strlen("macros "));
        return TRUE;
    }
    if (!strcmp(line, "again") && n) {
        g_array_index(pch->again, gboolean, n - 1) = TRUE;
        return TRUE;
    }
    if (sscanf(line, "edge %u %u", &edge.from, &edge.to) == 2) {
        g_array_append_val(pch->edges, edge);
        return edge.from < pch->files->len && edge.to < pch->files->len;
    }
    if (g_str_has_prefix(line, "pch ") && !pch->path) {
        pch->path = g_build_filename(dir, line + 4, NULL);
        return TRUE;
    }
    return FALSE;
}

static gboolean parse_meta(HfPch *pch, const char *dir, char *text)
{
    gboolean first = TRUE;

    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next) {
            *next++ = 0;
        }
        if (first) {
            first = FALSE;
            if (strcmp(line, MAGIC)) {
                return FALSE;
            }
        } else if (!strcmp(line, "end")) {
            return pch->path != NULL;
        } else if (!parse_line(pch, dir, line)) {
            return FALSE;
        }
    }
    return FALSE;
}

static gboolean is_current(const HfPch *pch, HfFileHashes *files)
{
    for (guint i = 0; i < pch->files->len; i++) {
        const HfFileState *state = hf_file_hashes_get(files,
                                                      pch->files->pdata[i]);

        if (!hf_hash_equal(&state->hash,
                           &g_array_index(pch->hashes, HfHash, i))) {
            return FALSE;
        }
    }
    return g_file_test(pch->path, G_FILE_TEST_IS_REGULAR);
}

static char *meta_path(const char *dir, const HfHash *key)
{
    g_autofree char *hex = hf_hash_hex(key);

    return g_strdup_printf("%s/%s.meta", dir, hex);
}

static HfPch *read_meta(const char *dir, const HfHash *key)
{
    g_autofree char *path = meta_path(dir, key), *text = NULL;
    HfPch *pch;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return NULL;
    }
    pch = hf_pch_new();
    if (!parse_meta(pch, dir, text)) {
        hf_pch_free(pch);
        return NULL;
    }
    return pch;
}

HfPch *hf_pch_load(const char *dir, const HfHash *key, HfFileHashes *files)
{
    HfPch *pch = read_meta(dir, key);

    if (pch && !is_current(pch, files)) {
        hf_pch_free(pch);
        return NULL;
    }
    return pch;
}

/* ---- writing ------------------------------------------------------------ */

char *hf_pch_name(const HfPch *pch, const HfHash *key)
{
    g_autofree char *hex = hf_hash_hex(key), *contents = NULL;
    HfDigest *digest = hf_digest_new();
    HfHash hash;

    for (guint i = 0; i < pch->files->len; i++) {
        hf_digest_string(digest, pch->files->pdata[i]);
        hf_digest_add(digest, &g_array_index(pch->hashes, HfHash, i),
                      sizeof(HfHash));
    }
    hf_digest_finish(digest, &hash);
    contents = hf_hash_hex(&hash);
    return g_strdup_printf("%s-%.16s.pch", hex, contents);
}

gboolean hf_pch_write_meta(const char *dir, const HfHash *key,
                           const HfPch *pch, GError **error)
{
    g_autofree char *path = meta_path(dir, key);
    g_autofree char *name = g_path_get_basename(pch->path);
    g_autoptr(GString) text = g_string_new(MAGIC "\n");
    HfPch *old = read_meta(dir, key);
    gboolean ok;

    g_string_append_printf(text, "pch %s\n", name);
    for (guint i = 0; i < pch->files->len; i++) {
        g_autofree char *hex =
            hf_hash_hex(&g_array_index(pch->hashes, HfHash, i));

        g_string_append_printf(text, "file %s %s\n", hex,
                               (char *)pch->files->pdata[i]);
        if (g_array_index(pch->again, gboolean, i)) {
            g_string_append(text, "again\n");
        }
        if (*(char *)pch->macros->pdata[i]) {
            g_string_append_printf(text, "macros %s\n",
                                   (char *)pch->macros->pdata[i]);
        }
    }
    for (guint i = 0; i < pch->edges->len; i++) {
        HfPchEdge *edge = &g_array_index(pch->edges, HfPchEdge, i);

        g_string_append_printf(text, "edge %u %u\n", edge->from, edge->to);
    }
    g_string_append(text, "end\n");
    ok = g_file_set_contents(path, text->str, text->len, error);
    /* A run that still uses the old one parses without when it is gone. */
    if (ok && old && strcmp(old->path, pch->path)) {
        g_unlink(old->path);
    }
    hf_pch_free(old);
    return ok;
}

static gboolean is_kept(const GArray *keys, const char *name)
{
    for (guint i = 0; i < keys->len; i++) {
        g_autofree char *hex = hf_hash_hex(&g_array_index(keys, HfHash, i));

        if (g_str_has_prefix(name, hex)) {
            return TRUE;
        }
    }
    return FALSE;
}

void hf_pch_prune(const char *dir, const GArray *keys)
{
    gint64 limit = g_get_real_time() / G_USEC_PER_SEC -
                   HF_PCH_PRUNE_DAYS * 24 * 60 * 60;
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        GStatBuf st;

        if (!is_kept(keys, name) && !g_stat(path, &st) &&
            st.st_mtime < limit) {
            g_unlink(path);
        }
    }
}
